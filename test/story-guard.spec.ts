import { readFileSync } from 'node:fs';
import {
  CreateConfigurationSetCommand,
  CreateConfigurationSetEventDestinationCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SesEvents } from '../libs/ses-reputation/src/events/ses-events.js';
import { databaseKinds } from './support/databases.js';
import { GuardScene, type GuardApp } from './support/guard-app.js';
import { AdjustableClock } from './support/mailer-parts.js';

/** Stands still between the steps, so that every run counts the same mail in the same minutes. */
class StoryClock extends AdjustableClock {
  private readonly start = Math.floor(Date.now() / 3_600_000) * 3_600_000;

  override now(): number {
    return this.start + this.aheadMs;
  }
}

type Addresses = (n: number, of: number) => string;

/** Addresses of an import: one in eight is dead, in runs of 20. */
const imported: Addresses = (n) =>
  `person-${n}@${Math.floor(n / 20) % 8 === 0 ? 'hard.test' : 'example.com'}`;
const known: Addresses = (n) => `reader-${n}@example.com`;
/** Readers, of whom so many are gone. */
const some =
  (dead: number): Addresses =>
  (n, of) =>
    n < dead ? `gone-${n}-of-${of}@hard.test` : known(n, of);

/** The table of docs/story.md: cells of its rows, without the heading. */
function told(): string[][] {
  const text = readFileSync(new URL('../docs/story.md', import.meta.url), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe.each(databaseKinds())('The story of a bad import on $name', ({ create }) => {
  let scene: GuardScene;
  let app: GuardApp;
  let run = 0;
  const heard: string[] = [];
  const played: string[][] = [];

  beforeAll(async () => {
    scene = await GuardScene.open(create, new StoryClock());
    const { simulator } = scene;
    const ses = new SESv2Client(simulator.clientConfig);
    await ses.send(new CreateConfigurationSetCommand({ ConfigurationSetName: 'story' }));
    await ses.send(
      new CreateConfigurationSetEventDestinationCommand({
        ConfigurationSetName: 'story',
        EventDestinationName: 'feedback',
        EventDestination: {
          Enabled: true,
          MatchingEventTypes: ['BOUNCE', 'COMPLAINT'],
          SnsDestination: { TopicArn: simulator.topicArn },
        },
      }),
    );
    ses.destroy();
    app = await scene.start({
      configurationSet: 'story',
      streams: { transactional: { priority: 'critical' }, newsletter: { priority: 'bulk' } },
      guard: { mode: 'enforce', probe: { volume: 50 } },
      reputation: { check: false, window: { volume: 1_000 }, minimumVolume: 500 },
    });
    await simulator.subscribe(`${app.url}/ses/feedback`);
    await app.leads();
    const { emitter } = app;
    const hear = <N extends keyof SesEvents>(name: N, say: (event: SesEvents[N]) => string) =>
      emitter.on(name, (event: SesEvents[N]) =>
        heard.push(`${name.replace('ses.', '')} ${say(event)}`.trim()),
      );
    hear('ses.reputation.approaching', ({ limit }) => limit);
    hear('ses.reputation.changed', ({ to }) => to);
    hear('ses.reputation.recovered', () => '');
    hear('ses.guard.changed', ({ to, share }) => (to === 'probing' ? `${to} ${share * 100} %` : to));
  });

  afterAll(() => scene?.close());

  /** Waits, sends so many newsletters, 50 a minute, and checks twice, five minutes apart: a row of the table. */
  async function step(
    what: string,
    { minutes = 0, count = 0, to = known }: { minutes?: number; count?: number; to?: Addresses },
  ): Promise<void> {
    const tally = { sent: 0, partial: 0, suppressed: 0, paused: 0 };
    const before = heard.length;
    run++;
    scene.minutes(minutes);
    for (let n = 0; n < count; n++) {
      const { status } = await app.mailer.send({
        to: `${run}-${to(n, count)}`,
        stream: 'newsletter',
        text: 'News',
      });
      tally[status]++;
      if (status === 'sent' && tally.sent % 50 === 0) scene.minutes(1);
    }
    await app.check();
    scene.minutes(6);
    await app.check();
    const { bounce, level } = await app.report();
    const { mode, share } = await app.stateOf('newsletter');
    played.push([
      what,
      `${tally.sent}`,
      `${tally.paused}`,
      `${bounce.count} of ${bounce.volume}`,
      `${(bounce.rate * 100).toFixed(2)} %`,
      level,
      mode === 'probing' ? `${mode} ${share * 100} %` : mode,
      heard.slice(before).join(', ') || '–',
    ]);
  }

  it('goes as docs/story.md tells it', async () => {
    await step('the usual newsletter', { count: 500, to: some(4) });
    await step('the import, first part', { count: 100, to: some(12) });
    await step('second part', { count: 100, to: some(12) });
    await step('third part', { count: 100, to: some(12) });
    await step('fourth part', { count: 100, to: some(12) });
    const welcome = await app.mailer.send({ to: 'ann@example.com', text: 'Your password' });
    expect(welcome.status).toBe('sent');
    await step('a quarter of an hour goes by', { minutes: 15 });
    await step('the import is tried again', { count: 1_000, to: imported });
    await step('the import is deleted, half an hour goes by', { minutes: 30 });
    await step('readers, a probe of 5 %', { count: 1_000 });
    await step('a probe of 10 %', { minutes: 1, count: 500 });
    await step('a probe of 20 %', { minutes: 1, count: 250 });
    await step('a probe of 40 %', { minutes: 1, count: 125 });
    await step('everybody again', { minutes: 1, count: 300 });
    await step('everybody', { minutes: 1, count: 363 });
    await step('everybody', { minutes: 1, count: 200 });
    expect(played).toEqual(told());
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { MailerService } from '../libs/ses-reputation/src/mailer/mailer.service.js';
import { ReputationService } from '../libs/ses-reputation/src/reputation/reputation.service.js';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { WatchedApp } from './support/watched-app.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function recipients(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `reader${i}@example.com`);
}

describe.each(databaseKinds())('somebody else with our credentials, on $name', ({ create }) => {
  let database: TestDatabase;
  let app: WatchedApp;
  beforeEach(async () => {
    database = await create();
    app = await WatchedApp.start(database, { unaccounted: { volume: 20, share: 0.1 } });
    await app.simulator.subscribe(app.endpoint);
  });
  afterEach(async () => {
    await app?.stop();
    await database?.drop();
  });

  const check = () => app.get(ReputationService).check();
  async function send(count: number): Promise<void> {
    await app.get(MailerService).send({ to: recipients(count), subject: 'Bread', text: 'Fresh.' });
    await app.simulator.settled();
  }

  async function sendElsewhere(count: number, ConfigurationSetName?: string): Promise<void> {
    const ses = new SESv2Client(app.simulator.clientConfig);
    const content = { Subject: { Data: 'Win' }, Body: { Text: { Data: 'Now.' } } };
    await ses.send(
      new SendEmailCommand({
        ConfigurationSetName,
        FromEmailAddress: 'no-reply@example.com',
        Destination: { ToAddresses: recipients(count) },
        Content: { Simple: content },
      }),
    );
    ses.destroy();
    await app.simulator.settled();
  }

  it('shows by Send events where the mail has our configuration set', async () => {
    await send(30);
    await check();
    await sendElsewhere(20, app.simulator.configurationSet);
    const { unaccounted } = await check();
    expect(unaccounted).toEqual({ volume: 20, share: 0.4 });
    expect(await app.raised('ses.unaccounted')).toMatchObject([
      { source: 'send-events', volume: 20, share: 0.4 },
    ]);
  });

  it('shows by SES’s own count where the mail has none', async () => {
    await send(30);
    await check();
    app.clock.aheadMs = 26 * HOUR;
    await send(30);
    await sendElsewhere(20);
    for (const minutes of [0, 10, 15, 20]) {
      app.clock.aheadMs = 26 * HOUR + minutes * MINUTE;
      await check();
    }
    const told = await app.raised('ses.unaccounted');
    expect(told).toMatchObject([{ source: 'quota', volume: 20, share: 0.4 }]);
    expect(told[0]!.at.getTime()).toBeLessThan(app.clock.now() - 4 * MINUTE);
  });
});

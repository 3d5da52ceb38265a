import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseKinds, type TestDatabase } from './support/databases.js';
import { ADAPTERS, Shop, type AlertJson, type SubscriberJson } from './support/sample-app.js';

const PLATFORMS = databaseKinds().flatMap((kind) => ADAPTERS.map((adapter) => ({ kind, adapter })));

describe.each(PLATFORMS)('The story on $kind.name and $adapter', ({ kind, adapter }) => {
  let database: TestDatabase;
  let shop: Shop;

  beforeAll(async () => {
    database = await kind.create();
    shop = await Shop.start({ DATABASE_URL: database.url, HTTP_ADAPTER: adapter });
  });

  afterAll(async () => {
    await shop?.close();
    await database?.drop();
  });

  it('begins with nobody, and nothing to worry about', async () => {
    expect(await shop.get('/subscribers')).toEqual([]);
    expect(await shop.get('/alerts')).toEqual([]);
    expect(await shop.get('/health')).toEqual({ status: 'ok', db: 'up', level: 'healthy' });
  });

  it('signs two people up, and welcomes them', async () => {
    expect(await shop.post('/signup', { email: 'ann@example.com' })).toEqual({
      status: 201,
      body: { email: 'ann@example.com', created: true, welcome: 'sent' },
    });
    expect(await shop.post('/signup', { email: 'nobody@hard.test' })).toEqual({
      status: 201,
      body: { email: 'nobody@hard.test', created: true, welcome: 'sent' },
    });
  });

  it('sends a newsletter to everybody', async () => {
    const { status, body } = await shop.post('/newsletter', { subject: 'Bread', text: 'Fresh on Friday.' });
    expect(status).toBe(200);
    // The welcome mail may have bounced already, by now.
    const { sent, suppressed, failed } = body as Record<string, number>;
    expect({ reached: sent! + suppressed!, failed }).toEqual({ reached: 2, failed: 0 });
  });

  it('puts the address that bounced on the suppression list, and no other', async () => {
    const subscribers = await shop.until<SubscriberJson[]>('/subscribers', (all) =>
      all.some(({ suppressed }) => suppressed),
    );
    expect(subscribers).toMatchObject([
      { email: 'nobody@hard.test', suppressed: { reason: 'hard-bounce', scope: '*' } },
      { email: 'ann@example.com', suppressed: null },
    ]);
  });

  it('skips that address in the next newsletter', async () => {
    const newsletter = { subject: 'More bread', text: 'Still warm.' };
    expect(await shop.post('/newsletter', newsletter)).toEqual({
      status: 200,
      body: { sent: 1, suppressed: 1, paused: 0, failed: 0 },
    });
  });

  it('raises the alarm as the bounce rate climbs past 80 % of a limit', async () => {
    const expected = ['ses.bounce.hard', 'ses.suppression.added', 'ses.reputation.approaching'];
    const alerts = await shop.until<AlertJson[]>('/alerts', (all) =>
      expected.every((wanted) => all.some(({ name }) => name === wanted)),
    );
    const times = alerts.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(alerts.find(({ name }) => name === 'ses.reputation.approaching')!.message).toMatch(
      /^The bounce rate is [\d.]+ %, past 80 % of the limit for \w+ \([\d.]+ %\)\.$/,
    );
  });

  it('shows all of it on one page', async () => {
    const page = await shop.page();
    expect(page).toContain('ses.reputation.approaching');
    expect(page).toContain('nobody@hard.test');
    expect(page).toContain('hard-bounce');
    const { level } = await shop.get<{ level: string }>('/health');
    expect(level).not.toBe('healthy');
    expect(page).toContain(`<span class="badge ${level}">${level}</span>`);
  });
});

import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseKinds, sqlite, type DatabaseKind, type TestDatabase } from './support/databases.js';
import { DataSource } from 'typeorm';
import { SesSimulator } from 'nestjs-ses-reputation/testing';
import { ADAPTERS, Shop, type AlertJson, type SubscriberJson } from './support/sample-app.js';

describe.each(ADAPTERS)('The shop on %s', (adapter) => {
  let database: TestDatabase;
  let shop: Shop;

  beforeAll(async () => {
    database = await sqlite();
    shop = await Shop.start({ DATABASE_URL: database.url, HTTP_ADAPTER: adapter });
  });

  afterAll(async () => {
    await shop?.close();
    await database?.drop();
  });

  describe('POST /signup', () => {
    it('signs an address up once, in any case, and welcomes it once', async () => {
      const answers = await Promise.all(
        ['bea@example.com', 'Bea@Example.com'].map((email) => shop.post('/signup', { email })),
      );
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 201]);
      const again = await shop.post('/signup', { email: ' bea@example.com ' });
      expect(again).toEqual({
        status: 200,
        body: { email: 'bea@example.com', created: false, welcome: null },
      });
      const { sending } = shop.running;
      const sent = sending.through === 'built-in simulator' ? sending.simulator.sent : [];
      expect(sent.flatMap(({ destination }) => destination.to).map((email) => email.toLowerCase())).toEqual([
        'bea@example.com',
      ]);
    });

    it.each([
      [{}, 'email must be an address such as ann@example.com'],
      [{ email: 'ann' }, 'email must be an address'],
      [{ email: ['ann@example.com'] }, 'email must be an address'],
      [{ email: { toString: 'x' } }, 'email must be an address'],
      [{ email: 'ann@example.com\r\nBcc: all@example.com' }, 'email must be an address'],
      [{ email: 'ann@example.com', admin: true }, 'property admin should not exist'],
    ])('refuses %j', async (given, sentence) => {
      const { status, body } = await shop.post('/signup', given);
      expect(status).toBe(400);
      expect(JSON.stringify(body)).toContain(sentence);
    });
  });

  describe('POST /newsletter', () => {
    it.each([
      [{ subject: '', text: 'x' }, 'subject'],
      [{ subject: 'x' }, 'text'],
      [{ subject: 'x\r\nBcc: all@example.com', text: 'x' }, 'subject must be one line'],
      [{ subject: 'x', text: 7 }, 'text must be a string'],
    ])('refuses %j', async (given, sentence) => {
      const { status, body } = await shop.post('/newsletter', given);
      expect(status).toBe(400);
      expect(JSON.stringify(body)).toContain(sentence);
    });
  });

  describe('in a browser', () => {
    it('takes a form, and goes back to the page', async () => {
      const answer = await shop.form('/signup', { email: 'cleo@example.com' });
      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toBe('/?notice=welcome-sent');
      expect(await shop.page('/?notice=welcome-sent')).toContain('The welcome mail is on its way.');
    });

    it('says on the page what a newsletter did', async () => {
      const answer = await shop.form('/newsletter', { subject: 'Bread', text: 'Line one\r\nline two' });
      expect(answer.status).toBe(303);
      const page = await shop.page(answer.headers.get('location')!);
      expect(page).toMatch(
        /Newsletter: \d+ sent, 0 skipped as suppressed, 0 held back by the guard, 0 failed\./,
      );
    });

    it('shows what is wrong as a page', async () => {
      const answer = await shop.form('/signup', { email: 'nobody' });
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(await answer.text()).toContain('<p>email must be an address such as ann@example.com</p>');
    });

    it('shows an address that is markup as text', async () => {
      const email = '"<script>alert(1)</script>"@example.com';
      await shop.running.app
        .get(DataSource)
        .query(
          `insert into shop_subscriber (email, email_key, signed_up_at) values ('${email}', '${email}', 0)`,
        );
      const page = await shop.page();
      expect(page).toContain('&quot;&lt;script&gt;alert(1)&lt;/script&gt;&quot;@example.com');
      expect(page).not.toContain('<script>alert');
      expect(await shop.page('/live')).not.toContain('<script>');
    });

    it('runs the own files of the page only', async () => {
      const answer = await fetch(shop.url);
      const policy = answer.headers.get('content-security-policy');
      expect(policy).toContain("default-src 'none'; style-src 'self'; script-src 'self'");
      expect(policy).not.toContain('unsafe');
      const page = await answer.text();
      expect(page).not.toMatch(/\son\w+=|\sstyle=|<style|<script>/);
      const files = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
      expect(files).toHaveLength(3);
      for (const file of files) {
        const asset = await fetch(shop.url + file);
        expect(asset.status).toBe(200);
        expect(asset.headers.get('content-type')).toMatch(/^(text\/css|text\/javascript|image\/svg\+xml)/);
      }
    });

    it.each([
      ['sec-fetch-site', 'cross-site'],
      ['origin', 'https://example.com'],
    ])("refuses another site's form, told by %s", async (header, value) => {
      const answer = await shop.form('/newsletter', { subject: 'x', text: 'x' }, { [header]: value });
      expect(answer.status).toBe(403);
    });

    it('answers to the names of this machine only', async () => {
      expect(await statusFor(shop.url, 'rebound.example.com')).toBe(403);
      expect(await statusFor(shop.url, 'localhost')).toBe(200);
    });
  });

  it('keeps its door for Amazon open to every name, and shut to what is not signed', async () => {
    const answer = await fetch(`${shop.url}/ses/feedback`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', 'sec-fetch-site': 'cross-site' },
      body: '{}',
    });
    expect(answer.status).toBe(400);
  });

  it('answers a program that asks for something unknown in JSON', async () => {
    const answer = await fetch(`${shop.url}/nowhere`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ statusCode: 404 });
  });
});

describe('Starting and ending', () => {
  const ends: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });

  async function emptyDatabase(kind: DatabaseKind = { name: 'SQLite', create: sqlite }): Promise<string> {
    const database = await kind.create();
    ends.push(() => database.drop());
    return database.url;
  }

  async function start(env: NodeJS.ProcessEnv): Promise<Shop> {
    const shop = await Shop.start(env);
    ends.push(() => shop.close());
    return shop;
  }

  it('stops its simulator and its server when it is closed', async () => {
    const shop = await start({ DATABASE_URL: await emptyDatabase() });
    const { sending } = shop.running;
    const endpoint = sending.through === 'built-in simulator' ? sending.simulator.endpoint : '';
    expect((await fetch(endpoint)).status).toBeGreaterThan(0);
    await shop.close();
    await expect(fetch(shop.url)).rejects.toThrow('fetch failed');
    await expect(fetch(endpoint)).rejects.toThrow('fetch failed');
  });

  it('keeps its data', async () => {
    const env = { DATABASE_URL: await emptyDatabase() };
    const before = await start(env);
    await before.post('/signup', { email: 'ann@example.com' });
    await before.close();
    const after = await start(env);
    expect(await after.get('/subscribers')).toMatchObject([{ email: 'ann@example.com' }]);
  });

  it('says which variable is wrong', async () => {
    await expect(start({ PORT: 'http' })).rejects.toThrow('PORT is "http": expected a port');
    await expect(start({ AWS_REGION: 'eu-west-1' })).rejects.toThrow('SES_TOPIC_ARNS is missing');
  });

  it('says that the port is taken', async () => {
    const shop = await start({ DATABASE_URL: await emptyDatabase() });
    const { port } = new URL(shop.url);
    await expect(start({ DATABASE_URL: 'sqlite::memory:', PORT: port })).rejects.toThrow('EADDRINUSE');
  });

  it('runs against a simulator elsewhere as it runs against Amazon', async () => {
    const simulator = await SesSimulator.start({ region: 'eu-west-1' });
    ends.push(() => simulator.stop());
    const shop = await start({
      DATABASE_URL: await emptyDatabase(),
      AWS_REGION: 'eu-west-1',
      SES_FROM: 'Shop <shop@example.com>',
      SES_CONFIGURATION_SET: 'main',
      SES_TOPIC_ARNS: simulator.topicArn,
      SES_ENDPOINT: simulator.endpoint,
    });
    await simulator.subscribe(`${shop.url}/ses/feedback`);
    await shop.post('/signup', { email: 'nobody@hard.test' });
    await shop.until<SubscriberJson[]>('/subscribers', ([nobody]) => nobody?.suppressed !== null);
    await shop.until<AlertJson[]>('/alerts', (alerts) =>
      alerts.some(({ name }) => name === 'ses.reputation.approaching'),
    );
    expect(await shop.page()).toContain(`the simulator at ${simulator.endpoint}`);
  });

  it.each(databaseKinds())('leaves migration:generate nothing to add on $name', async (kind) => {
    const shop = await start({ DATABASE_URL: await emptyDatabase(kind) });
    const { upQueries } = await shop.running.app.get(DataSource).driver.createSchemaBuilder().log();
    // The library's own tables have a test of their own.
    expect(upQueries.map(({ query }) => query).filter((query) => query.includes('shop_'))).toEqual([]);
  });
});

/** `fetch` does not let a Host header through. */
function statusFor(url: string, name: string): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: '/', headers: { host: `${name}:${port}` } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}

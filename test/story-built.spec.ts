import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BuiltApp } from './support/built-app.js';

describe('The built shop', () => {
  let built: BuiltApp;

  beforeAll(async () => {
    built = await BuiltApp.build();
  }, 600_000);

  afterAll(() => built?.remove());

  it.each(['express', 'fastify'])('says where it is, answers, and ends on SIGTERM (%s)', async (adapter) => {
    const shop = built.start({ PORT: '0', HTTP_ADAPTER: adapter });
    const line = await shop.firstLine();
    const [, url] = /^Corner Shop: open (http:\/\/127\.0\.0\.1:\d+) — No AWS settings: /.exec(line) ?? [];
    expect(url).toBeDefined();
    const page = await fetch(url!, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('<h1>Corner Shop</h1>');
    expect((await fetch(`${url}/assets/shop.css`)).status).toBe(200);
    const signUp = { email: `${adapter}@example.com` };
    const answer = await fetch(`${url}/signup`, { method: 'POST', body: new URLSearchParams(signUp) });
    expect(await answer.json()).toMatchObject({ created: true, welcome: 'sent' });

    shop.end('SIGTERM');
    expect(await shop.ended).toBe(0);
    expect(shop.stdout).toEqual([line]);
    await access(join(built.directory, 'sample.sqlite'));
  });

  it('names the variable that is wrong, and ends with 1', async () => {
    const shop = built.start({ PORT: 'http' });
    expect(await shop.ended).toBe(1);
    expect(shop.stderr).toContain('Corner Shop did not start. The environment is not right: PORT is "http"');
  });

  it('says what to do when the port is taken', async () => {
    const first = built.start({ PORT: '0' });
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(await first.firstLine())!;
    const second = built.start({ PORT: port, DATABASE_URL: 'sqlite::memory:' });
    expect(await second.ended).toBe(1);
    expect(second.stderr).toContain(`address already in use 127.0.0.1:${port}. Set PORT to another one.`);
    first.end('SIGINT');
    expect(await first.ended).toBe(0);
  });
});

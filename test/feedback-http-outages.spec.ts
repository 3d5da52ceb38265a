import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FeedbackHost, PLATFORMS } from './support/feedback-host.js';
import { SIGNING_CERTIFICATE } from '../libs/ses-reputation/src/testing/sns/signing-key.js';
import { rawPost } from './support/raw-post.js';
import { CERTIFICATE_URL, freshCertificateUrl, notification, sign } from './support/sns-forge.js';

describe.each(PLATFORMS)('outages round the feedback route on $name', ({ adapter }) => {
  let host: FeedbackHost;

  beforeAll(async () => {
    host = await FeedbackHost.start({ adapter, limits: { fetchMs: 300, bodyMs: 300 } });
  });
  afterAll(() => host.stop());

  describe('answers 503, so that SNS tries again,', () => {
    it.each([
      ['is missing', () => new Response(SIGNING_CERTIFICATE, { status: 404 })],
      ['is not to be had', () => new Response(SIGNING_CERTIFICATE, { status: 500 })],
      ['redirects', () => Response.redirect(CERTIFICATE_URL, 302)],
      [
        'was redirected behind our back',
        () => Object.defineProperty(new Response(SIGNING_CERTIFICATE), 'redirected', { value: true }),
      ],
      ['is longer than 64 KiB', () => new Response(SIGNING_CERTIFICATE + '\n'.repeat(65 * 1_024))],
      ['is a page', () => new Response('<!doctype html><title>Hello</title>')],
      ['is empty', () => new Response('')],
      ['is never answered', () => new Promise<Response>(() => undefined)],
      [
        'never ends',
        () => new Response(new ReadableStream({ start: (body) => body.enqueue(Buffer.from('-')) })),
      ],
      ['can not be reached', () => Promise.reject(new TypeError('fetch failed'))],
    ])('while the certificate %s', async (_, answer) => {
      const SigningCertURL = freshCertificateUrl();
      host.amazon.serve(SigningCertURL, answer);
      const post = () => host.postSigned(notification({ SigningCertURL }));
      const first = await host.refused(() => Promise.all([post(), post(), post()]).then(([one]) => one!));
      expect(first).toMatchObject({ status: 503, requests: 1, body: { statusCode: 503 } });
    });

    it('while the store is down', async () => {
      const envelope = sign(notification());
      const bringBack = await host.takeStoreDown();
      const answer = await host.post(envelope);
      await bringBack();
      expect(answer).toMatchObject({ status: 503, body: { error: 'Service Unavailable' } });
      expect(JSON.stringify(answer.body)).not.toContain('database');
      expect(await host.post(envelope)).toMatchObject({ status: 200, body: { status: 'stored' } });
    });

    it('when a body does not come to its end', async () => {
      const answer = await rawPost(host.url, ['Content-Length: 100'], (write) => write('{'));
      expect(answer).toMatch(/^HTTP\/1.1 503 /);
    });
  });

  describe('while the database hangs', () => {
    let hanging: FeedbackHost;
    beforeAll(async () => {
      hanging = await FeedbackHost.start({ adapter, limits: { ingestMs: 100, ingests: 2 } });
    });
    afterAll(() => hanging.stop());

    it('answers 503, and knows what was stored after all when SNS tries again', async () => {
      const envelope = sign(notification());
      const letGo = await hanging.holdStore();
      const answer = await hanging.post(envelope);
      expect(answer).toMatchObject({ status: 503, body: { message: expect.stringMatching(/100 ms/) } });
      await letGo();
      while ((await hanging.stored()).length === 0) await new Promise(setImmediate);
      expect(await hanging.post(envelope)).toMatchObject({ status: 200, body: { status: 'repeated' } });
    });

    it('takes no more than it can keep, and takes back what it has not begun to store', async () => {
      const before = (await hanging.stored()).length;
      const letGo = await hanging.holdStore();
      const posts = [1, 2, 3, 4].map(() => hanging.postSigned(notification()));
      const answers = await Promise.all(posts);
      const messages = answers.map(({ status, body }) => [status, body.message]);
      expect(messages.toSorted()).toEqual([
        [503, expect.stringMatching(/100 ms/)],
        [503, expect.stringMatching(/100 ms/)],
        [503, expect.stringMatching(/too much/)],
        [503, expect.stringMatching(/too much/)],
      ]);
      // One of its group is being stored; the place of the other, if it has come later, is free again.
      await letGo();
      while ((await hanging.postSigned(notification())).status !== 200) await new Promise(setImmediate);
      const { length } = await hanging.stored();
      expect([before + 2, before + 3]).toContain(length);
    });
  });

  it('survives a connection that is lost within the body', async () => {
    const socket = createConnection(Number(new URL(host.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /ses/feedback HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{');
    await new Promise(setImmediate);
    socket.destroy();
    expect(await host.postSigned(notification())).toMatchObject({ status: 200 });
  });
});

import { describe, expect, it } from '@jest/globals';
import { Clock } from '../../clock.js';
import { resolveOptions } from '../../options/resolve-options.js';
import type { FeedbackFetch } from '../../options/ses-reputation-options.js';
import { SIGNING_CERTIFICATE } from '../../testing/sns/signing-key.js';
import { DEFAULT_FEEDBACK_LIMITS } from '../feedback-limits.js';
import { Certificates } from './certificates.js';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:ses-feedback';

/** A fetch whose answers a test gives when it likes. */
function setUp() {
  const asked: string[] = [];
  const answers: ((response: Response) => void)[] = [];
  const fetch: FeedbackFetch = (url) => {
    asked.push(url);
    return new Promise((resolve) => answers.push(resolve));
  };
  const clock = new (class extends Clock {
    time = Date.UTC(2026, 0, 1);
    override now = () => this.time;
  })();
  const options = resolveOptions({ feedback: { topicArns: [TOPIC], fetch } });
  const certificates = new Certificates(options, DEFAULT_FEEDBACK_LIMITS, clock);
  const right = () => answers.shift()!(new Response(SIGNING_CERTIFICATE));
  const wrong = (status = 500) => answers.shift()!(new Response('', { status }));
  return { certificates, asked, clock, right, wrong };
}

const url = (hex: string | number) =>
  `https://sns.us-east-1.amazonaws.com/SimpleNotificationService-${hex}.pem`;

describe('Certificates', () => {
  it('asks once for many at a time, and not again', async () => {
    const { certificates, asked, right } = setUp();
    const waiting = Promise.all(Array.from({ length: 50 }, () => certificates.get(url('a'))));
    right();
    const [first] = await waiting;
    expect(await certificates.get(url('a'))).toBe(first);
    expect(asked).toEqual([url('a')]);
  });

  it('remembers a failure until SNS tries again', async () => {
    const { certificates, asked, clock, right, wrong } = setUp();
    const waiting = Promise.allSettled([certificates.get(url('a')), certificates.get(url('a'))]);
    wrong();
    expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    clock.time += 1_000;
    await expect(certificates.get(url('a'))).rejects.toMatchObject({ status: 503 });
    expect(asked).toHaveLength(1);
    clock.time += 18_000;
    const again = certificates.get(url('a'));
    right();
    expect(await again).toHaveProperty('key');
  });

  it('asks for few unknown certificates at a time, however many names a forger invents', async () => {
    const { certificates, asked, right, wrong } = setUp();
    const known = certificates.get(url('f'));
    right();
    await known;
    const forged = Array.from({ length: 1_000 }, (_, i) => certificates.get(url(i)));
    const state = { over: false };
    const settled = Promise.allSettled(forged).finally(() => (state.over = true));
    expect(asked.length).toBeLessThanOrEqual(9);
    expect(await certificates.get(url('f'))).toHaveProperty('key');
    for (let answered = 1; !state.over; await new Promise(setImmediate)) {
      expect(asked.length - answered).toBeLessThanOrEqual(8);
      for (; answered < asked.length; answered++) wrong(404);
    }
    const reasons = (await settled).map((result) => result.status === 'rejected' && result.reason.status);
    expect(new Set(reasons)).toEqual(new Set([503]));
  });

  it('asks again for one that has expired since', async () => {
    const { certificates, asked, clock, right } = setUp();
    const first = certificates.get(url('a'));
    right();
    await first;
    clock.time = Date.UTC(2121, 0, 1);
    const second = certificates.get(url('a'));
    expect(asked).toHaveLength(2);
    right();
    await expect(second).rejects.toMatchObject({ status: 403, message: expect.stringMatching(/expired/) });
  });
});

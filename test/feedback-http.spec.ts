import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FeedbackHost, PLATFORMS } from './support/feedback-host.js';
import { confirmation, notification, sign } from './support/sns-forge.js';

describe.each(PLATFORMS)('the feedback route on $name', ({ adapter }) => {
  let host: FeedbackHost;

  beforeAll(async () => {
    host = await FeedbackHost.start({ adapter });
  });
  afterAll(() => host.stop());

  it.each(['1', '2'])('takes a notification with signature version %s', async (SignatureVersion) => {
    const envelope = notification({ SignatureVersion });
    expect(await host.postSigned(envelope)).toMatchObject({ status: 200, body: { status: 'stored' } });
    expect(host.store.messages).toContain(envelope.Message);
  });

  it('confirms', async () => {
    expect(await host.postSigned(confirmation())).toMatchObject({
      status: 200,
      body: { status: 'confirmed' },
    });
  });

  it('large', async () => {
    expect(
      await host.post(sign(notification({ Message: `{"eventType":"x","a":"${'\\"'.repeat(260_000)}"}` })), {
        headers: { 'content-type': 'application/json' },
      }),
    ).toMatchObject({ status: 200, body: { status: 'stored' } });
  });

  it('too large', async () => {
    expect(await host.post('x'.repeat(2_000_000))).toMatchObject({ status: 413 });
  });
});

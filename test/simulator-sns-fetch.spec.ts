import { describe, expect, it } from '@jest/globals';
import { SnsScene } from './support/sns-scene.js';

const scene = new SnsScene();

describe('fetch', () => {
  it.each([
    'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-00.pem',
    'https://sns.us-east-1.amazonaws.com.attacker.example/SimpleNotificationService-00.pem',
    'https://sns.us-east-1.amazonaws.com:8443/',
    'https://user@sns.us-east-1.amazonaws.com/',
    'http://sns.us-east-1.amazonaws.com/',
    'https://example.com/',
  ])('never lets %s reach the network', async (url) => {
    await expect(scene.harness.sns.fetch(url)).rejects.toThrow(/amazonaws\.com|credentials|example/);
  });

  it('says where the same paths answer', async () => {
    await expect(scene.harness.sns.fetch('https://example.com/')).rejects.toMatchObject({
      code: 'SNS_OUTSIDE_SIMULATOR',
      message: expect.stringContaining(scene.harness.endpoint),
    });
    await expect(
      scene.harness.sns.fetch('https://sns.us-east-1.amazonaws.com/', { method: 'POST' }),
    ).rejects.toMatchObject({ code: 'SNS_OUTSIDE_SIMULATOR' });
  });

  it('heeds an abort, and knows no other certificate', async () => {
    const url = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-00.pem';
    expect((await scene.harness.sns.fetch(url)).status).toBe(404);
    await expect(scene.harness.sns.fetch(url, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });
});

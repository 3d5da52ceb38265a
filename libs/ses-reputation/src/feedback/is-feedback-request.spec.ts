import { describe, expect, it } from '@jest/globals';
import { isFeedbackRequest } from './is-feedback-request.js';

const SNS = { 'x-amz-sns-message-type': 'Notification' };

const matches = (url: string, { prefix = '', method = 'POST', headers = {} } = {}) =>
  isFeedbackRequest({ method, url, headers }, { path: 'ses/feedback', prefix });

describe('isFeedbackRequest', () => {
  it.each(['/ses/feedback', '/ses/feedback/', '/SES/Feedback', '/ses/feedback?a=/b', '//ses/feedback'])(
    'knows %s',
    (url) => {
      expect(matches(url)).toBe(true);
    },
  );

  it.each(['/api/ses/feedback', '/ses/feedback'])('knows %s under the prefix', (url) => {
    expect(matches(url, { prefix: '/api/' })).toBe(true);
  });

  it('knows it behind any prefix that says it is of SNS', () => {
    expect(matches('/hooks/ses/feedback', { headers: SNS })).toBe(true);
    expect(matches('/hooks/ses/feedback')).toBe(false);
    expect(matches('/hooksses/feedback', { headers: SNS })).toBe(false);
  });

  it.each(['/', '/ses/feedback/x', '/feedback', '/other?url=/ses/feedback', '/other#/ses/feedback'])(
    'leaves %s alone',
    (url) => {
      expect(matches(url, { headers: SNS })).toBe(false);
    },
  );

  it('leaves other methods alone', () => {
    expect(matches('/ses/feedback', { method: 'PUT' })).toBe(false);
  });
});

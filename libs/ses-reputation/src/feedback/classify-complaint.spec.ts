import { describe, expect, it } from '@jest/globals';
import { classifyComplaint } from './classify-complaint.js';

describe('classifyComplaint', () => {
  it.each([
    [null, 'abuse', 'complaint', 'complaint', 'complaints'],
    [null, null, 'complaint', 'complaint', 'complaints'],
    ['SomethingNew', 'something-new', 'complaint', 'complaint', 'complaints'],
    [null, 'not-spam', 'not-spam', null, null],
    ['OnAccountSuppressionList', null, 'listed', 'account-list', 'excluded'],
  ])('takes %s, %s for %s', (complaintSubType, complaintFeedbackType, category, suppress, counter) => {
    expect(
      classifyComplaint({ complaintSubType, complaintFeedbackType }, { key: 'ann@example.com' }),
    ).toEqual({ category, suppress, counter });
  });

  it("counts none of the mailbox simulator's addresses", () => {
    expect(
      classifyComplaint(
        { complaintSubType: null, complaintFeedbackType: 'abuse' },
        { key: 'complaint@simulator.amazonses.com' },
      ),
    ).toEqual({ category: 'simulator', suppress: null, counter: null });
  });
});

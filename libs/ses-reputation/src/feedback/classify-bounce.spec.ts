import { describe, expect, it } from '@jest/globals';
import { classifyBounce } from './classify-bounce.js';

const classify = (
  type: string,
  status: string | null,
  diagnostic: string | null,
  key = 'ann@example.com',
) => {
  const [bounceType, bounceSubType] = type.split('/');
  return classifyBounce(
    { bounceType: bounceType || null, bounceSubType: bounceSubType || null },
    { key, status, diagnostic },
  );
};

const HARD = ['hard', 'hard-bounce', 'hardBounces'];
const BLOCKED = ['blocked', null, 'hardBounces'];
const SOFT = ['soft', null, 'softBounces'];
const SOFT_BLOCKED = ['blocked', null, 'softBounces'];
const CONTENT = ['content', null, null];

describe('classifyBounce', () => {
  it.each([
    ['Permanent/General', '5.1.1', 'smtp; 550 5.1.1 user unknown', HARD],
    ['Permanent/General', null, null, HARD],
    ['Permanent/NoEmail', '5.1.1', null, HARD],
    ['Permanent/SomethingNew', null, null, HARD],
    ['Permanent', null, null, HARD],
    ['PERMANENT/GENERAL', null, null, HARD],
    [
      'Permanent/Suppressed',
      '5.1.1',
      'Amazon SES has suppressed sending to this address because it has a recent history of bouncing',
      HARD,
    ],
    [
      'Permanent/OnAccountSuppressionList',
      null,
      'Amazon SES did not send the message to this address because it is on the suppression list for your account.',
      ['listed', 'account-list', 'excluded'],
    ],
    ['Permanent/ContentRejected', '5.6.0', null, ['content', null, 'hardBounces']],

    ['Transient/General', null, null, ['auto-reply', null, null]],
    ['Transient/General', '4.4.7', 'smtp; 554 4.4.7 message expired', SOFT],
    ['Transient/General', null, 'smtp; 451 try again', SOFT],
    ['Transient/General', '4.0.0', null, SOFT],
    ['Transient/MailboxFull', null, null, SOFT],
    ['Transient/MailboxFull', '5.2.2', 'smtp; 552 5.2.2 over quota policy', SOFT],
    ['Transient/SomethingNew', null, null, SOFT],
    ['Transient/MessageTooLarge', '5.3.4', null, CONTENT],
    ['Transient/ContentRejected', '5.7.1', 'policy', CONTENT],
    ['Transient/AttachmentRejected', null, null, CONTENT],
    ['Undetermined/Undetermined', null, null, SOFT],
    ['Undetermined/Undetermined', null, 'smtp; 554 blocked using zen.spamhaus.org', SOFT_BLOCKED],
    ['Transient/General', '4.0.0', 'smtp; 421 temporarily deferred due to IP reputation', SOFT_BLOCKED],

    ['', null, null, ['unknown', null, null]],
    ['Eternal/General', '5.1.1', null, ['unknown', null, null]],
  ])('takes %s, status %s, "%s" for %j', (type, status, diagnostic, [category, suppress, counter]) => {
    expect(classify(type!, status!, diagnostic!)).toEqual({ category, suppress, counter });
  });

  it.each([
    ['5.7.1', null],
    ['5.7.26', 'smtp; 550-5.7.26 This message does not have authentication information'],
    [null, 'smtp; 550 5.7.1 [203.0.113.5] Our system has detected that this message is likely unsolicited'],
    ['5.0.0', 'smtp; 554 Message not allowed - [PH01] Email not accepted for policy reasons.'],
    ['5.3.0', 'smtp; 553 5.3.0 see DNSBL:ATTRBL 521< 203.0.113.5 >_is_blocked'],
    [
      null,
      'smtp; 550 SC-001 messages from 203.0.113.5 were not sent; the network is on our block list (S3140)',
    ],
    [null, 'smtp; 554 Service unavailable; Client host [203.0.113.5] blocked using Barracuda Reputation'],
    [null, 'smtp; 554 rejected, see https://www.spamhaus.org/query/ip/203.0.113.5'],
    ['5.5.0', 'smtp; 550 sender domain is blacklisted'],
    ['5.5.0', 'smtp; 550 your host is blocklisted'],
    ['5.0.0', 'smtp; 550 rejected by DMARC of example.com'],
    [null, 'smtp; 550 SPF check failed'],
    [null, 'smtp; 550 no valid DKIM signature'],
    [null, 'smtp; 550 you are not authorized to send from this domain'],
    [null, 'smtp; 554 sending host is temporarily banned'],
    ['5.1.8', "smtp; 501 5.1.8 sender's domain does not resolve"],
  ])('blames the sender for status %s, "%s": counted, not suppressed', (status, diagnostic) => {
    const [category, suppress, counter] = BLOCKED;
    expect(classify('Permanent/General', status!, diagnostic!)).toEqual({ category, suppress, counter });
  });

  it.each([
    ['5.1.1', 'smtp; 550 5.1.1 user unknown, see our policy at https://mail.example/policy'],
    ['5.1.1', null],
    ['5.1.1', 'smtp; 550 rejected'],
    ['5.1.10', 'smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'],
    [null, 'smtp; 550 5.1.1 mailbox gone; policy 12'],
    [null, 'smtp; 550 No such user here (see policy)'],
    [null, 'smtp; 550 user unknown; https://www.example.com/policy/reputation'],
    [null, 'smtp; 550 rejected, see https://www.example.com/blocklist/policy'],
    [null, 'smtp; 550 <policy@reputation.example>: rejected'],
    ['5.4.1', 'smtp; 550 5.4.1 Recipient address rejected: Access denied. [203.0.113.5]'],
    ['5.0.0', 'smtp; 550 the account spf.user does not exist'],
    ['5.0.0', "smtp; 554 delivery error: this user doesn't have an example.com account (ann) [5.7.1.20]"],
  ])('blames the address for status %s, "%s"', (status, diagnostic) => {
    const [category, suppress, counter] = HARD;
    expect(classify('Permanent/General', status!, diagnostic!)).toEqual({ category, suppress, counter });
  });

  it("counts none of the mailbox simulator's addresses", () => {
    for (const type of ['Permanent/General', 'Permanent/Suppressed', 'Transient/MailboxFull']) {
      expect(classify(type, '5.1.1', null, 'bounce+x@simulator.amazonses.com')).toEqual({
        category: 'simulator',
        suppress: null,
        counter: null,
      });
    }
  });
});

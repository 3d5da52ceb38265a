import type { SesEventName, SesEvents } from 'nestjs-ses-reputation';

type Sentences = { [N in SesEventName]?: (event: SesEvents[N]) => string };

/** What the shop's owner is told of, and how. */
const SENTENCES = {
  'ses.bounce.hard': ({ address, status }) =>
    `Mail to ${address} bounced for good${status ? ` (${status})` : ''}.`,
  'ses.complaint': ({ address }) => `${address} called our mail spam.`,
  'ses.suppression.added': ({ address, reason, scope }) =>
    `${address} gets no more mail${scope === '*' ? '' : ` of "${scope}"`}: ${reason}.`,
  'ses.reputation.approaching': ({ metric, rate, limit, limitRate }) =>
    `The ${metric} rate is ${percent(rate)}, past 80 % of the limit for ${limit} (${percent(limitRate)}).`,
  'ses.reputation.changed': ({ metric, rate, from, to }) =>
    `The ${metric} rate is ${percent(rate)}: from ${from} to ${to}.`,
  'ses.reputation.recovered': ({ metric, rate, from, to }) =>
    `The ${metric} rate is down to ${percent(rate)}: from ${from} to ${to}.`,
  'ses.reputation.blocked': ({ address, diagnostic }) =>
    `The mail server of ${address} blocks us: ${diagnostic ?? 'it does not say why'}.`,
  'ses.reputation.differs': ({ metric, ours, amazons }) =>
    `Amazon says the ${metric} rate is ${percent(amazons)}, and we count ${percent(ours)}: mail or feedback is missing.`,
  'ses.guard.changed': ({ stream, to, share, reason, enforced }) =>
    `"${stream}" ${enforced ? 'is' : 'would be'} ${inWords(to, share)}: ${reason}.`,
  'ses.unaccounted': ({ volume, share }) =>
    `${volume} emails of the last 24 hours (${percent(share)}) were not sent by us: look for leaked credentials.`,
  'ses.feedback.silent': ({ volume, check }) =>
    `Nothing came back of ${volume} emails. ${check[0] ?? 'Look at the topic and its subscription.'}`,
  'ses.account.changed': ({ to }) =>
    `Amazon set the account to ${to.enforcement}; sending is ${to.sendingEnabled ? 'on' : 'off'}.`,
  'ses.feedback.unsubscribed': ({ topicArn }) => `${topicArn} reports nothing to the shop any more.`,
} satisfies Sentences;

export type AlertName = keyof typeof SENTENCES;

/** One sentence for a person. It may hold text from outside: an address, what a mail server wrote. */
export function alertMessage<N extends AlertName>(name: N, event: SesEvents[N]): string {
  const sentence = SENTENCES[name] as (event: SesEvents[N]) => string;
  return sentence(event);
}

function inWords(mode: SesEvents['ses.guard.changed']['to'], share: number): string {
  return mode === 'probing' ? `tried with ${percent(share)} of its mail` : mode;
}

function percent(rate: number): string {
  return `${(rate * 100).toLocaleString('en', { maximumFractionDigits: 2 })} %`;
}

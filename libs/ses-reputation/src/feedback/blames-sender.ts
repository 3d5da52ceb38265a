import type { EventRecipient } from './ses-event/recipient.js';

/** Words that only a sender is to blame for: policy, block lists, reputation, authentication, spam. */
const SENDER = [
  /\bpolic(y|ies)\b/,
  /\b(block|black|deny)[ -]?list(s|ed|ing)?\b/,
  /\b(dns|r|u)bls?\b/,
  /\breputation\b/,
  /\b(spf|dkim|dmarc)\b/,
  /\b(un)?authenticat(ed|ion)\b/,
  /\bnot authori[sz]ed to (send|relay|deliver|use|submit|connect)\b/,
  /\bunauthori[sz]ed (sender|to send)\b/,
  /\b(spam|spammer|unsolicited)\b/,
  /\b(sender|sending|client|host|ip|server|network|messages?|mail|e-?mail)\b.{0,80}\b(is|are|was|been|temporarily|permanently) (blocked|banned)\b/,
];

/** Operators of block lists, named in the links of their refusals. */
const LIST_OPERATORS =
  /\b(spamhaus|spamcop|barracudacentral|sorbs|uceprotect|abuseat|surbl|uribl|spamrats|backscatterer|ipcheck\.proofpoint)\b/;

/** Words that blame the address, whatever else the text mentions. */
const ADDRESS = [
  /\b(user|account|mailbox|recipient|address|addressee)\b.{0,40}\b(unknown|not found|does not exist|doesn't exist|not exist|no longer (exists|valid|active)|gone|is (disabled|inactive|invalid))\b/,
  /\b(unknown|no such|invalid|non-?existent) (local )?(user|account|mailbox|recipient|address|person|email)\b/,
  /\bdoes not have an? (\S+ )?(account|mailbox)\b/,
];

/**
 * Whether a failure says something about the sender rather than about the recipient's address: enhanced
 * status 5.7.x (RFC 3463, "security or policy"), or a diagnostic that names policy, a block list, reputation
 * or authentication. "User unknown" blames the address whatever else the text mentions, for instance a link
 * to a policy.
 */
export function blamesSender({ status, diagnostic }: Pick<EventRecipient, 'status' | 'diagnostic'>): boolean {
  const text = (diagnostic ?? '').toLowerCase();
  // x.1.7 and x.1.8 are the two addressing codes about the sender's own address.
  if ([status, codeIn(text)].some((code) => code !== null && /^5\.7\.\d+$|^[45]\.1\.[78]$/.test(code)))
    return true;
  // Looked for from the start of a word only, or a hostile text of one long word would take its square in time.
  // Neither an address nor a link says what the sentence means: postmaster@policy.example, https://…/policy.
  const words = text.replace(/(?<!\S)\S*@\S*|\bhttps?:\S+|\bwww\.\S+/g, ' ');
  if (ADDRESS.some((pattern) => pattern.test(words))) return false;
  return (
    SENDER.some((pattern) => pattern.test(words)) || LIST_OPERATORS.test(text.replace(/(?<!\S)\S*@\S*/g, ' '))
  );
}

/** The enhanced status code inside a reply such as `smtp; 550-5.7.1 ...`; not a part of an IP address. */
function codeIn(text: string): string | null {
  return /(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)/.exec(text)?.[0] ?? null;
}

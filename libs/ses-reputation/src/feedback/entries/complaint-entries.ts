import { EVERY_STREAM } from '../../suppression/suppressed-address.entity.js';
import { classifyComplaint } from '../classify-complaint.js';
import { meaningId } from '../meaning-id.js';
import type { EventRecipient } from '../ses-event/recipient.js';
import type { ComplaintReport } from '../ses-event/ses-event.js';
import {
  counts,
  entryId,
  entryOf,
  fact,
  factId,
  payloadOf,
  type EntryContext,
  type FeedbackEntry,
} from './entry.js';

export function complaintEntries(event: ComplaintReport, context: EntryContext): FeedbackEntry[] {
  return event.recipients.map((candidate) => complaintEntry(event, candidate, context));
}

function complaintEntry(
  event: ComplaintReport,
  candidate: EventRecipient,
  context: EntryContext,
): FeedbackEntry {
  const { complaintFeedbackType, complaintSubType } = event.details;
  const { category, suppress, counter } = classifyComplaint(event.details, candidate);
  const id = entryId(event, candidate);
  const candidates = event.recipients.length;
  return entryOf(event, candidate, context, {
    id,
    category,
    subType: complaintFeedbackType ?? complaintSubType,
    stored: true,
    facts:
      counter === null
        ? []
        : [
            counter === 'complaints'
              ? fact(complaintId(event), event, someCandidate(event) ?? candidate, context, counter)
              : fact(factId(counter, event, candidate), event, candidate, context, counter),
          ],
    suppression: suppress && {
      reason: suppress,
      scopes: [EVERY_STREAM],
      note: noteOf(suppress, complaintFeedbackType, candidates),
    },
    events: [
      {
        name: 'ses.complaint',
        payload: {
          ...payloadOf(id, event, candidate, context),
          feedbackId: event.feedbackId,
          complaintType: complaintFeedbackType,
          candidates,
        },
      },
    ],
  });
}

/** One person complained, however many SES names: it counts once. */
function complaintId({ feedbackId, identity, at }: ComplaintReport): string {
  return feedbackId === null
    ? meaningId('complaint', identity, at && at.getTime())
    : meaningId('complaint', feedbackId);
}

/** All are at the domain that complained; take one that can be read. */
function someCandidate({ recipients }: ComplaintReport): EventRecipient | undefined {
  return recipients.find((candidate) => candidate.key !== null && counts(candidate));
}

function noteOf(reason: string, complaintFeedbackType: string | null, candidates: number): string {
  const note =
    reason === 'complaint'
      ? `complaint${complaintFeedbackType === null ? '' : ` (${complaintFeedbackType})`}`
      : "on the account's own suppression list";
  return candidates > 1
    ? `${note}; one of ${candidates} candidates: SES does not know which of them complained`
    : note;
}

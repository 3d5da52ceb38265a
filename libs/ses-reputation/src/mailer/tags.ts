import { MessageInvalidError } from './errors.js';

export interface EmailTag {
  Name: string;
  Value: string;
}

/** Carries the stream, by which feedback finds its way back. */
export const STREAM_TAG = 'ses-reputation';
/** Carries the application's name: several may share one SES account. */
export const APP_TAG = 'ses-reputation-app';

/** SES API reference, `MessageTag`. */
const TAG = /^[A-Za-z0-9_-]{1,256}$/;

/** The message's own tags by SES's rules, and this module's two. */
export function emailTags(given: unknown, stream: string, app: string): EmailTag[] {
  if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
    throw new MessageInvalidError('tags', 'expected an object such as { campaign: "may" }');
  }
  const own = Object.entries(given ?? {}).map(([name, value]: [string, unknown]): EmailTag => {
    const field = `tags.${name.slice(0, 100)}`;
    if ([STREAM_TAG, APP_TAG].includes(name.toLowerCase()) || name.toLowerCase().startsWith('ses:')) {
      throw new MessageInvalidError(field, "is this module's or SES's own tag; choose another name");
    }
    if (!TAG.test(name)) {
      throw new MessageInvalidError(field, 'a tag name is 1 to 256 letters, digits, "_" or "-"');
    }
    if (typeof value !== 'string' || !TAG.test(value)) {
      throw new MessageInvalidError(field, 'a tag value is a text of 1 to 256 letters, digits, "_" or "-"');
    }
    return { Name: name, Value: value };
  });
  return [...own, { Name: STREAM_TAG, Value: stream }, { Name: APP_TAG, Value: app }];
}

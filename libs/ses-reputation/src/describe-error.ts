/** What was thrown, as text. A host's code may throw anything, even what can't be turned into text. */
export function describeError(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'something that has no text';
  }
}

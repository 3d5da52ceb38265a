/** What the page says after a form. The query carries a name and counts, never text: nobody can put words in. */
export function notice(query: Record<string, unknown>): string | null {
  switch (query.notice) {
    case 'welcome-sent':
      return 'Signed up. The welcome mail is on its way.';
    case 'welcome-suppressed':
      return 'Signed up. No welcome mail: the address is on the suppression list.';
    case 'welcome-paused':
      return 'Signed up. No welcome mail: its stream is paused.';
    case 'welcome-failed':
      return 'Signed up, but the welcome mail could not be sent. The log says why.';
    case 'known':
      return 'That address had signed up before.';
    case 'newsletter':
      return `Newsletter: ${count(query.sent)} sent, ${count(query.suppressed)} skipped as suppressed, ${count(query.paused)} held back by the guard, ${count(query.failed)} failed.`;
    default:
      return null;
  }
}

function count(value: unknown): number {
  return /^\d{1,9}$/.test(String(value)) ? Number(value) : 0;
}

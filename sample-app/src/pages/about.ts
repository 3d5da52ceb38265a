import type { Sending } from '../config/sending.js';

/** One sentence on where mail goes, for the page and for the line at the start. */
export function about(region: string | undefined, sending: Sending): string {
  switch (sending.through) {
    case 'amazon':
      return `Mail goes out through Amazon SES in ${region}.`;
    case 'other simulator':
      return `Mail goes to the simulator at ${sending.endpoint}, and one bounce is enough to move the levels.`;
    case 'built-in simulator':
      return 'No AWS settings: mail goes to an SES simulator in this process, and one bounce is enough to move the levels.';
  }
}

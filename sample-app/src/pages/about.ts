import type { Sending } from '../config/sending.js';

/** One sentence on where mail goes, for the page and for the line at the start. */
export function about(region: string | undefined, sending: Sending): string {
  switch (sending.through) {
    case 'amazon':
      return `Mail goes out through Amazon SES in ${region}.`;
    case 'other simulator':
      return `Mail goes to the simulator at ${sending.endpoint}; levels move after a single mail.`;
    case 'built-in simulator':
      return 'No AWS settings: mail goes to the built-in SES simulator, nobody gets any; levels move after a single mail.';
  }
}

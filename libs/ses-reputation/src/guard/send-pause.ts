/** Why a message was not sent: its stream is paused, or the message is not in the share that goes out. */
export interface SendPause {
  reason: string;
  /** Since when the stream is paused or probed. */
  since: Date;
  /** When the pause ends, or the stream is probed; `null` if that is open. Nothing is sent by itself then. */
  until: Date | null;
  /** The account's level that asks for it; not there for a pause by hand. */
  level?: 'review' | 'pause';
}

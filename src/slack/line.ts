import type { Receiver } from '@slack/bolt';

/** What keeps the bot within earshot of Slack: sockets that it opens, or requests that Slack sends. */
export type Line = {
  readonly receivers: readonly Receiver[];
  /** Begins to hear; rejects with a SLACK_… problem when it can't. */
  start(): Promise<void>;
  /** Ways by which Slack reaches the bot at this moment, as far as can be seen from here. */
  connected(): number;
  /** Ms without any; 0 while there is one. */
  deafFor(): number;
  /** Where requests are listened for, as `http://address:port`; null where nothing listens. */
  address(): string | null;
  stop(): Promise<void>;
};

/** Slack's rate limits, off unless switched on: calls a minute by tier, one post a second in a channel. */
import { CHANNEL_POST_INTERVAL, TIERS, type Tier } from './limits.ts';
import type { State } from './model.ts';

const MINUTE = 60_000;
const POSTS = new Set(['chat.postMessage', 'chat.postEphemeral']);

export type Rates = {
  /** Seconds to wait, or undefined where the call may go on (and is counted). */
  wait(name: string, tier: Tier, channel: string | undefined): number | undefined;
};

export function makeRates(state: State): Rates {
  const calls = new Map<string, number[]>();
  const posts = new Map<string, number>();
  return {
    wait(name, tier, channel) {
      const now = state.clock.now();
      if (state.settings.channelLimit && POSTS.has(name) && channel !== undefined) {
        const next = (posts.get(channel) ?? 0) + CHANNEL_POST_INTERVAL;
        if (now < next) return Math.ceil((next - now) / 1_000);
        posts.set(channel, now);
      }
      if (!state.settings.tierLimits) return undefined;
      const recent = (calls.get(name) ?? []).filter((at) => at > now - MINUTE);
      calls.set(name, recent);
      const oldest = recent[0];
      if (oldest !== undefined && recent.length >= TIERS[tier]) return Math.ceil((oldest + MINUTE - now) / 1_000);
      recent.push(now);
      return undefined;
    },
  };
}

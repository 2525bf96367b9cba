/** What one person saw in answer to something that they did. */
import { waitForChange } from './changes.ts';
import { findMessage } from './messages.ts';
import type { State } from './model.ts';
import { viewJson } from './views.ts';

export type SaidMessage = {
  readonly channel: string;
  readonly ts: string;
  readonly text: string;
  readonly blocks: readonly unknown[];
  readonly threadTs: string | null;
  /** Seen by this person only. */
  readonly ephemeral: boolean;
};

export type Seen = {
  /** Whether the app acknowledged in time. */
  readonly acked: boolean;
  /** What Slack itself said to the person, where something went wrong. */
  readonly failure: string | null;
  /** What came in answer until now, in order. */
  readonly said: readonly SaidMessage[];
  /** The modal that is open now. */
  readonly view: ReturnType<typeof viewJson> | null;
};

/** `where` is the conversation in which it was done; `message` the one whose button was clicked. */
export type Scope = { readonly user: string; readonly channel: string; readonly message: string | undefined };

export type Watch = {
  readonly see: (acked: boolean, failure: string | null) => Seen;
  /** Resolves when something came in answer, or after `ms`. */
  readonly answered: (ms: number) => Promise<boolean>;
  readonly end: () => void;
};

/** Notes what the person sees from now on. */
export function watch(state: State, { user, channel, message }: Scope): Watch {
  const since = state.clock.ts();
  const changed = new Set<string>();
  let answers = 0;
  const stop = state.changes.listen((change) => {
    if (change.kind === 'ephemeral' && change.user === user) answers += 1;
    if (change.kind === 'view' && change.user === user) answers += 1;
    if (!('ts' in change) || change.channel !== channel) return;
    changed.add(change.ts);
    const thread = findMessage(state, channel, change.ts)?.threadTs;
    // A command's answer is for the person; a click's may also be a change of its message or of its thread.
    if (message !== undefined && (change.ts === message || thread === message)) answers += 1;
  });
  const said = (): SaidMessage[] => {
    const own = state.ephemerals.filter((each) => each.user === user && each.ts > since);
    const all = [...changed].map((ts) => findMessage(state, channel, ts)).filter((each) => each !== undefined);
    const shown = [
      ...own.map((each) => ({ each, ephemeral: true })),
      ...all.map((each) => ({ each, ephemeral: false })),
    ];
    return shown
      .sort((a, b) => (a.each.ts < b.each.ts ? -1 : 1))
      .map(({ each, ephemeral }) => {
        const { ts, text, blocks, threadTs } = each;
        return { channel: each.channel, ts, text, blocks, threadTs: threadTs ?? null, ephemeral };
      });
  };
  return {
    see(acked, failure) {
      const view = state.stacks.get(user)?.at(-1);
      return { acked, failure, said: said(), view: view === undefined ? null : viewJson(state, view) };
    },
    answered: (ms) => waitForChange(state.changes, () => answers > 0, ms),
    end: stop,
  };
}

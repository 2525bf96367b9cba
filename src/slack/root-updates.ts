import type { Operation } from '../operation/operation.ts';
import type { StepNotes } from '../operation/ports.ts';
import { rootCard } from './cards/root.ts';
import type { Message } from './limits.ts';
import type { ThreadDoor } from './thread.ts';

/** The least time between two updates of one root card, in ms: Slack allows about 50 a minute for the workspace. */
const ROOT_EVERY_MS = 4_000;
/** How many cards' last looks are remembered. */
const REMEMBERED_MAX = 1_000;

type Look = { readonly shown: string; readonly at: number };

/** Updates root cards in place: only on a visible change, and not too often. */
export interface RootUpdates {
  /** This card was just posted. */
  posted(id: string, card: Message): void;
  /** How the card looks isn't known: it was found again. */
  forget(id: string): void;
  /** Ms until the card may change; 0 when it may now or needn't. Rejects with Slack's error when it couldn't. */
  update(place: { readonly channel: string; readonly root: string }, operation: Operation): Promise<number>;
}

export function rootUpdates(door: ThreadDoor, notes: StepNotes, now: () => number): RootUpdates {
  const looks = new Map<string, Look>();

  async function render(operation: Operation) {
    const progress = operation.end === null ? await notes.progress(operation.id) : null;
    const card = rootCard(operation, { progress, now: now() });
    return { card, shown: JSON.stringify(card) };
  }

  function remember(id: string, shown: string): void {
    looks.delete(id);
    looks.set(id, { shown, at: now() });
    const oldest = looks.keys().next().value;
    if (looks.size > REMEMBERED_MAX && oldest !== undefined) looks.delete(oldest);
  }

  return {
    posted: (id, card) => remember(id, JSON.stringify(card)),
    forget: (id) => void looks.delete(id),
    update: async ({ channel, root }, operation) => {
      const before = looks.get(operation.id);
      const { card, shown } = await render(operation);
      if (before?.shown === shown) return 0;
      const wait = before === undefined ? 0 : before.at + ROOT_EVERY_MS - now();
      if (wait > 0) return wait;
      await door.update(channel, root, card);
      remember(operation.id, shown);
      return 0;
    },
  };
}

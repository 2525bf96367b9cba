import type { ThreadState, Threads } from '../operation/ports.ts';
import { type OwnMessage, ROOT_GONE } from './thread.ts';
import { troubleOf } from './web.ts';

/** A thread under work: its state as it was last written, and how it is written. */
export type Desk = {
  readonly id: string;
  readonly token: string;
  state: ThreadState;
  readonly threads: Threads;
};

/** The hold was lost to another projector; whoever has it goes on. */
export class HoldLost extends Error {
  constructor() {
    super('another projector holds this thread');
    this.name = 'HoldLost';
  }
}

/** How long a projector's hold lasts without being prolonged, in ms: longer than any one sending, short after a crash. */
export const HOLD_MS = 45_000;

/** Rejects with HoldLost, and writes nothing, when the thread is another's by now. */
export async function write(desk: Desk, change: Partial<ThreadState>): Promise<void> {
  desk.state = { ...desk.state, ...change };
  if (!(await desk.threads.write(desk.id, desk.token, desk.state))) throw new HoldLost();
}

/**
 * Sends something that must stand in the thread once. Its key is written before; when it is found there, the last
 * sending may have arrived, so `arrived` looks in the thread first. Clearing the key is left to what is written next.
 */
export async function once(
  desk: Desk,
  key: string,
  { send, arrived }: { readonly send: () => Promise<unknown>; readonly arrived: () => Promise<boolean> },
): Promise<void> {
  await prolong(desk);
  if (desk.state.posting === key) {
    if (await seen(arrived)) return;
    await prolong(desk);
  } else await write(desk, { posting: key });
  await send();
}

/** Keeps the hold for what takes longer than one sending. Rejects with HoldLost when it is another's by now. */
export async function prolong({ threads, id, token }: Desk): Promise<void> {
  if (!(await threads.hold(id, token, HOLD_MS))) throw new HoldLost();
}

/** Where Slack doesn't let us look, a message is rather repeated than dropped. */
async function seen(arrived: () => Promise<boolean>): Promise<boolean> {
  try {
    return await arrived();
  } catch (error) {
    if (troubleOf(error).kind === 'refused') return false;
    throw error;
  }
}

export function carries(messages: readonly OwnMessage[], fits: (metadata: unknown) => boolean): boolean {
  return messages.some(({ metadata }) => fits(metadata));
}

/** How many earlier root cards are remembered. */
const FORMER_MAX = 20;

/** Does something in the thread; when its root was deleted, that is forgotten, so that the next try posts a new one. */
export async function inThread(desk: Desk, act: (root: string) => Promise<void>): Promise<void> {
  const { root } = desk.state;
  if (root === null) throw new Error('a thread without its root');
  try {
    await act(root);
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble.kind === 'refused' && ROOT_GONE.has(trouble.error)) {
      const former = [...desk.state.former, root].slice(-FORMER_MAX);
      await write(desk, { root: null, former, posting: null });
    }
    throw error;
  }
}

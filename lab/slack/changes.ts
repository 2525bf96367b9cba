/** What just happened in the workspace: for the page, which draws again, and for whoever waits for an answer. */
import { EventEmitter } from 'node:events';

export type Change =
  | { readonly kind: 'message' | 'update' | 'delete'; readonly channel: string; readonly ts: string }
  | { readonly kind: 'ephemeral'; readonly user: string; readonly channel: string }
  | { readonly kind: 'view'; readonly user: string }
  | { readonly kind: 'workspace' };

export type Changes = {
  tell(change: Change): void;
  /** Returns the call that ends it. */
  listen(listener: (change: Change) => void): () => void;
};

export function makeChanges(): Changes {
  const emitter = new EventEmitter<{ change: [Change] }>();
  emitter.setMaxListeners(0);
  return {
    tell: (change) => void emitter.emit('change', change),
    listen(listener) {
      emitter.on('change', listener);
      return () => void emitter.off('change', listener);
    },
  };
}

/** Resolves true when `happened` does, false after `ms`; at once if it already has. */
export function waitForChange(changes: Changes, happened: () => boolean, ms: number): Promise<boolean> {
  if (happened()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (answer: boolean) => {
      clearTimeout(timer);
      stop();
      resolve(answer);
    };
    const stop = changes.listen(() => happened() && end(true));
    const timer = setTimeout(() => end(happened()), ms);
  });
}

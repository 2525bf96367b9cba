import { setTimeout as sleep } from 'node:timers/promises';

/** How often a condition is looked at (ms). */
const LOOK_MS = 100;

/** Waits until `look` gives something; rejects with what was waited for when `limitMs` have passed. */
export async function until<T>(look: () => Promise<T | null>, what: string, limitMs: number): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look().catch(() => null);
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await sleep(LOOK_MS);
  }
}

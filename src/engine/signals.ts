import { constants } from 'node:os';

/** A signal's name, as people know it: SIGKILL for 9. */
export function signalName(signal: number): string {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? String(signal);
}

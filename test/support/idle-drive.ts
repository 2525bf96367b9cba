import { pino } from 'pino';
import type { Drive } from '../../src/engine/drive.ts';

/** What a test doesn't expect to be asked. */
export const unasked = () => {
  throw new Error('it is not asked here');
};

/** A drive of what a test gives: notes and log take everything, and whatever else it is asked for fails. */
export function idleDrive(given: Partial<Drive>): Drive {
  const { signal } = new AbortController();
  return {
    operation: unasked,
    claim: 'c'.repeat(20),
    keeper: { mayStart: () => true, signal, stop: () => {} },
    signal,
    hosts: { deploy: { name: 'deploy', run: unasked, close: async () => {} }, node: unasked, runs: unasked },
    notes: {
      progress: async () => null,
      setProgress: async () => {},
      log: async () => null,
      setLog: async () => {},
      sighting: async () => null,
      setSighting: async () => {},
      sightingDue: async () => false,
    },
    log: pino({ level: 'silent' }),
    logDirectory: '/nonexistent',
    write: unasked,
    writeStart: unasked,
    refresh: unasked,
    journal: { now: unasked, owner: unasked, read: unasked, recent: unasked, restores: unasked },
    durable: async () => null,
    ...given,
  };
}

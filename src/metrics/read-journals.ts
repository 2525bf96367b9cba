import type { Journal } from '../operation/journal.ts';
import type { Threads } from '../operation/ports.ts';
import type { Board } from './board.ts';
import { type Summary, summaryOf } from './summary.ts';
import { type CloudSeen, type Sample, totalsOf } from './totals.ts';

/** How many of a cloud's newest operations are counted: hourly backups of six weeks. */
export const COUNTED = 1_000;

const OF_CLOUDS = [
  'operations',
  'last_ended_timestamp_seconds',
  'newest_backup_timestamp_seconds',
  'approvals_waiting',
  'needs_attention',
  'destructive_open',
  'unsound_journals',
] as const;

type Parts = {
  readonly clouds: readonly string[];
  readonly journal: Pick<Journal, 'read' | 'recent' | 'head' | 'now'>;
  readonly threads: Pick<Threads, 'behind' | 'read'>;
  readonly board: Board;
};

/**
 * Looks through the journals and puts what they say on the board. A journal is read again only when its head has
 * moved. Rejects with a REDIS_… problem; the board keeps what it had.
 */
export function journalReader({ clouds, journal, threads, board }: Parts): () => Promise<void> {
  const known = new Map<string, { readonly hash: string; readonly summary: Summary }>();
  /** Steps that were counted, of operations that are still open; older ones than `since` never are. */
  const counted = new Map<string, Set<string>>();
  let since: number | null = null;

  return async () => {
    since ??= await journal.now();
    const samples: Sample[] = [];
    const listed = new Set<string>();
    for (const cloud of clouds) {
      const seen = await look(cloud, listed);
      samples.push(...totalsOf(cloud, seen));
    }
    for (const id of known.keys()) if (!listed.has(id)) known.delete(id);
    for (const id of counted.keys()) if (!listed.has(id)) counted.delete(id);
    const lag = await slackLag();
    board.replace(OF_CLOUDS, samples);
    board.set('slack_lag_seconds', lag.seconds);
    board.set('threads_behind', lag.threads);
    board.set('journals_read_timestamp_seconds', Date.now() / 1000);
  };

  async function look(cloud: string, listed: Set<string>): Promise<CloudSeen> {
    const summaries: Summary[] = [];
    const unsound = { missing: 0, broken: 0, unreadable: 0 };
    for (const { id } of await journal.recent(COUNTED, cloud)) {
      listed.add(id);
      const before = known.get(id);
      // Nothing follows an end.
      if (
        before !== undefined &&
        (before.summary.outcome !== 'open' || (await journal.head(id))?.hash === before.hash)
      ) {
        summaries.push(before.summary);
        continue;
      }
      const read = await journal.read(id);
      if (read.state !== 'sound') {
        unsound[read.state] += 1;
        known.delete(id);
        continue;
      }
      const summary = summaryOf(read.operation);
      known.set(id, { hash: read.operation.head.hash, summary });
      summaries.push(summary);
      countSteps(cloud, id, summary);
    }
    return { summaries, unsound };
  }

  function countSteps(cloud: string, id: string, { steps, outcome }: Summary): void {
    const before = counted.get(id) ?? new Set<string>();
    for (const { key, step, outcome: how, startedAt, endedAt } of steps) {
      if (before.has(key) || endedAt < (since ?? 0)) continue;
      before.add(key);
      board.observeStep({ cloud, step, outcome: how }, (endedAt - startedAt) / 1000);
    }
    if (outcome === 'open') counted.set(id, before);
    else counted.delete(id);
  }

  /** How old the oldest event is that isn't shown, and in how many threads something is missing. */
  async function slackLag(): Promise<{ seconds: number; threads: number }> {
    const now = await journal.now();
    const ids = await threads.behind();
    let oldest = now;
    for (const id of ids) {
      const [read, state] = await Promise.all([journal.read(id), threads.read(id)]);
      if (read.state !== 'sound' && read.state !== 'unreadable') continue;
      const shown = state?.shown.seq ?? 0;
      oldest = Math.min(oldest, read.records.find(({ seq }) => seq > shown)?.at ?? now);
    }
    return { seconds: (now - oldest) / 1000, threads: ids.length };
  }
}

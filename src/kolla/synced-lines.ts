import type { Command, Outcome } from '../operation/host.ts';
import { ENGINE_MS } from './containers.ts';
import { quoteHost } from './quoted.ts';

/**
 * The lines of a node's log by which the runbook confirms that Galera has synchronized. They are shown, never decided
 * by: in one recovery the first node logs them three or four times, first while it is alone.
 *
 * Only those of the mariadbd that runs count, which are the lines after the last start in the log. Clocks can't tell
 * them apart (a log's times are those of the container's time zone, and a node's clock may be wrong), and a position
 * noted before would have to be kept and fails where the log is rotated.
 */

/** Where Kolla shows the volume of logs on a node, whichever engine it has. */
const LOG = '/var/log/kolla/mariadb/mariadb.log';
/** How much of the log's end is read: a start with a full state transfer writes some 40 kB. */
const TAIL_BYTES = 512 * 1024;
/** Of a line that is shown, in characters. */
const LINE_CHARS = 160;

/** The end of a node's log. A volume of logs that isn't linked there has none: exit code 1. */
export const SYNCED_LINES_COMMAND: Command = {
  argv: ['tail', '-c', String(TAIL_BYTES), '--', LOG],
  timeoutMs: ENGINE_MS,
};

/** What mariadbd writes first. */
const START = /\[Note\] Starting MariaDB \d|\[Note\] \S*(?:mariadbd|mysqld) \(.*\) starting as process/;

/** In the order in which they are written; up to `WSREP:` a line is a time, a thread and a severity. */
const KINDS = [
  /WSREP: Shifting JOINED -> SYNCED/,
  /WSREP: Server \S+ synced with group/,
  /WSREP: Server status change joined -> synced/,
  /WSREP: Synchronized with group, ready for connections/,
] as const;

/**
 * The newest line of each kind since the last start, in the log's order: at most 4, of at most 160 characters each.
 * Empty where the node hasn't said them, or its log couldn't be read.
 */
export function readSyncedLines({ code, stdout }: Outcome): string[] {
  if (code !== 0) return [];
  const lines = stdout.split('\n');
  // More than the tail may have been written since the start: then all of it counts.
  const since = lines.slice(lines.findLastIndex((line) => START.test(line)) + 1);
  const newest = KINDS.map((kind) => since.findLastIndex((line) => kind.test(line)));
  const found = newest.filter((at) => at >= 0).sort((a, b) => a - b);
  return found.map((at) => quoteHost(since[at] ?? '', LINE_CHARS));
}

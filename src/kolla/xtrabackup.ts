import { z } from 'zod';
import { lsn, SERVER_VERSION_CHARS } from '../operation/checks.ts';

/** The metadata files of mariabackup: `key = value` lines. LSNs are decimal strings; compare them with `compareLsn`. */

const KEY_VALUE = /^\s*([a-z_]+)\s*=\s*(.*?)\s*$/;

function keyValues(text: string): Record<string, string> {
  const found = text.split('\n').flatMap((line) => {
    const match = KEY_VALUE.exec(line);
    return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const];
  });
  return Object.fromEntries(found);
}

const checkpointsFile = z.object({
  backup_type: z.enum(['full-backuped', 'incremental', 'full-prepared', 'log-applied']),
  from_lsn: lsn,
  to_lsn: lsn,
  last_lsn: lsn,
});

/** `xtrabackup_checkpoints`, from MariaDB 11.1 on `mariadb_backup_checkpoints`. */
export type Checkpoints = {
  readonly kind: 'full' | 'incremental' | 'prepared';
  readonly fromLsn: string;
  readonly toLsn: string;
  readonly lastLsn: string;
};

const KINDS = {
  'full-backuped': 'full',
  incremental: 'incremental',
  'full-prepared': 'prepared',
  'log-applied': 'prepared',
} as const satisfies Record<string, Checkpoints['kind']>;

/** Parses a checkpoints file; undefined where it isn't one. */
export function parseCheckpoints(text: string): Checkpoints | undefined {
  const parsed = checkpointsFile.safeParse(keyValues(text));
  if (!parsed.success) return undefined;
  const { backup_type, from_lsn, to_lsn, last_lsn } = parsed.data;
  return { kind: KINDS[backup_type], fromLsn: from_lsn, toLsn: to_lsn, lastLsn: last_lsn };
}

const yesNo = z.enum(['Y', 'N']).transform((value) => value === 'Y');
const moment = z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);

const infoFile = z.object({
  uuid: z.string().min(1).max(64),
  name: z.string().max(256).optional(),
  tool_version: z.string().min(1).max(SERVER_VERSION_CHARS),
  server_version: z.string().min(1).max(SERVER_VERSION_CHARS),
  start_time: moment,
  end_time: moment,
  binlog_pos: z.string().max(1024).optional(),
  innodb_from_lsn: lsn,
  innodb_to_lsn: lsn,
  partial: yesNo,
  incremental: yesNo,
});

/** `xtrabackup_info`, from MariaDB 11.1 on `mariadb_backup_info`. Times are the host's local time, without a zone. */
export type BackupInfo = {
  readonly uuid: string;
  /** The name under which the history table has it; empty where it has none. */
  readonly historyName: string;
  readonly toolVersion: string;
  readonly server: ServerVersion;
  readonly startTime: string;
  readonly endTime: string;
  readonly binlogPosition: string;
  readonly fromLsn: string;
  readonly toLsn: string;
  readonly partial: boolean;
  readonly incremental: boolean;
};

/** Parses an info file; undefined where it isn't one. Its line `tool_command` is left out: it names paths and users. */
export function parseBackupInfo(text: string): BackupInfo | undefined {
  const parsed = infoFile.safeParse(keyValues(text));
  const server = parsed.success ? parseServerVersion(parsed.data.server_version) : undefined;
  if (!parsed.success || server === undefined) return undefined;
  const info = parsed.data;
  return {
    uuid: info.uuid,
    historyName: info.name ?? '',
    toolVersion: info.tool_version,
    server,
    startTime: info.start_time,
    endTime: info.end_time,
    binlogPosition: info.binlog_pos ?? '',
    fromLsn: info.innodb_from_lsn,
    toLsn: info.innodb_to_lsn,
    partial: info.partial,
    incremental: info.incremental,
  };
}

/** A time of an info file, as if its clock showed UTC (ms since the epoch); null where it is none. */
export function localTime(text: string | null | undefined): number | null {
  const found = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)$/.exec(text ?? '');
  const at = found === null ? Number.NaN : Date.parse(`${found[1]}T${found[2]}Z`);
  return Number.isNaN(at) ? null : at;
}

/** A server's version. An archive must be prepared by the same `series` ("10.11") that took it. */
type ServerVersion = { readonly text: string; readonly series: string; readonly patch: number };

/** Parses `10.11.19-MariaDB-0+deb12u1-log`, also behind the `5.5.5-` that replication protocols put before it. */
export function parseServerVersion(text: string): ServerVersion | undefined {
  const match = /^(?:5\.5\.5-)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\D|$)/.exec(text.trim());
  if (match === null) return undefined;
  return { text: text.trim(), series: `${match[1]}.${match[2]}`, patch: Number(match[3]) };
}

/** Orders two LSNs: negative, zero or positive. */
export function compareLsn(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

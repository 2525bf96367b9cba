import { crc32 } from 'node:zlib';

/** Builds chunks of an xbstream, right by default; every field can be set wrong on purpose. */

const MAGIC = 'XBSTCK01';
export const REWRITE = 2;

function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value >>> 0);
  return out;
}

function u64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
}

export function header(type: string, path: string, flags = 0): Buffer {
  const name = Buffer.from(path);
  return Buffer.concat([Buffer.from(MAGIC), Buffer.from([flags, type.charCodeAt(0)]), u32(name.length), name]);
}

type Payload = { offset?: number; flags?: number; crc?: number; length?: number };

export function payload(path: string, data: string | Buffer, { offset = 0, flags = 0, crc, length }: Payload = {}) {
  const body = Buffer.from(data);
  const head = [header('P', path, flags), u64(length ?? body.length), u64(offset), u32(crc ?? crc32(body)), body];
  return Buffer.concat(head);
}

export const end = (path: string) => header('E', path);
export const seek = (path: string, offset: number) => Buffer.concat([header('S', path), u64(offset)]);
export const remove = (path: string) => header('D', path);
export const file = (path: string, data: string | Buffer) => Buffer.concat([payload(path, data), end(path)]);

export function rename(from: string, to: string): Buffer {
  return Buffer.concat([header('R', from), u32(Buffer.byteLength(to)), Buffer.from(to)]);
}

export const CHECKPOINTS = 'backup_type = full-backuped\nfrom_lsn = 0\nto_lsn = 360915725\nlast_lsn = 360915741\n';
export const INFO = [
  'uuid = 9ca90743-e6d2-11f1-9521-eec39ddad0dc',
  'name = 23-11-2026',
  'tool_name = mariabackup',
  'tool_version = 10.11.18-MariaDB',
  'server_version = 10.11.18-MariaDB-0+deb12u1-log',
  'start_time = 2026-11-23 00:12:38',
  'end_time = 2026-11-23 00:12:51',
  "binlog_pos = filename 'mysql-bin.000003', position '391', GTID of the last change ''",
  'innodb_from_lsn = 0',
  'innodb_to_lsn = 360915725',
  'partial = N',
  'incremental = N',
  '',
].join('\n');

/** The last chunks of every finished backup. */
export const metadata = Buffer.concat([file('xtrabackup_checkpoints', CHECKPOINTS), file('xtrabackup_info', INFO)]);

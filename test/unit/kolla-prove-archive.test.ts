import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readListing } from '../../src/kolla/list-volume.ts';
import { type ArchiveProof, proveArchiveCommand, readProof } from '../../src/kolla/prove-archive.ts';
import { journaledProblem } from '../../src/operation/checks.ts';
import { runCommand } from '../support/python.ts';
import * as xb from '../support/xbstream.ts';

const dir = mkdtempSync(join(tmpdir(), 'kolla-prove-'));
const recorded = new URL('../fixtures/kolla/archives/', import.meta.url);
const TIMEOUT_MS = 60_000;
let counter = 0;

afterAll(() => rmSync(dir, { recursive: true }));

async function provePath(path: string): Promise<ArchiveProof> {
  return readProof('node-1', path, await runCommand(proveArchiveCommand(path, TIMEOUT_MS)));
}

function prove(bytes: Uint8Array): Promise<ArchiveProof> {
  counter += 1;
  const path = join(dir, `${counter}.gz`);
  writeFileSync(path, bytes);
  return provePath(path);
}

const proveStream = (...chunks: Buffer[]) => prove(gzipSync(Buffer.concat(chunks)));

function code(proof: ArchiveProof): string {
  return proof.kind === 'whole' ? 'whole' : proof.problem.code;
}

const detail = (proof: ArchiveProof) => (proof.kind === 'unproven' ? proof.problem.params['detail'] : undefined);
/** As after a restore: it begins where its base ended, and that had come further than the log is now. */
const incremental = (text: string) =>
  text
    .replace('full-backuped', 'incremental')
    .replace('incremental = N', 'incremental = Y')
    .replace('= 0', '= 360915900');
const ibd = xb.file('nova/instances.ibd', Buffer.alloc(100_000, 7));

describe('archives that mariabackup 10.11.19 wrote', () => {
  test.each([
    ['full.gz', { kind: 'full', fromLsn: '0', toLsn: '44420' }, 11],
    ['incremental.gz', { kind: 'incremental', fromLsn: '44420', toLsn: '44420' }, 11],
    // renames, removals and rewritten files: tables changed while it was taken; mbstream unpacks 53 files from it
    ['full-with-ddl.gz', { kind: 'full', fromLsn: '0', toLsn: '44420' }, 53],
  ])('%s is whole', async (name, checkpoints, files) => {
    const proof = await provePath(new URL(name, recorded).pathname);
    expect(proof).toMatchObject({
      kind: 'whole',
      files,
      checkpoints,
      info: { server: { series: '10.11', patch: 19 } },
    });
  });

  test('one has the inode that a listing tells, however large', async () => {
    const path = new URL('full.gz', recorded).pathname;
    const outcome = await runCommand(proveArchiveCommand(path, TIMEOUT_MS));
    const large = '18446744073709551610';
    const proof = readProof('node-1', path, {
      ...outcome,
      stdout: outcome.stdout.replace(/"inode": "\d+"/, `"inode": "${large}"`),
    });
    const entry = { path: 'full.gz', bytes: 1, mtime_ns: '1', inode: large };
    const listing = JSON.stringify({ found: true, entries: [entry], omitted: 0 });
    const [listed] = readListing('node-1', '/v', { code: 0, signal: null, stdout: listing, stderr: '' }).entries;
    expect(proof.kind === 'whole' && proof.inode).toBe(String(listed?.inode));
  });

  test('what is wrong with one fits into a journal, however long its paths', async () => {
    const name = 'ÿ'.repeat(250);
    const proof = await proveStream(xb.payload(name, Buffer.from('x')), xb.rename(name, `${name}2`));
    expect(code(proof)).toBe('ARCHIVE_DAMAGED');
    if (proof.kind !== 'unproven') throw new Error(proof.kind);
    expect(journaledProblem.parse(proof.problem).params['detail']?.length).toBeLessThanOrEqual(1500);
  });

  test('a file appended to one of them, or the same archive twice, is not', async () => {
    const full = readFileSync(new URL('full.gz', recorded));
    expect(code(await prove(Buffer.concat([full, Buffer.from('garbage')])))).toBe('ARCHIVE_DAMAGED');
    expect(code(await prove(Buffer.concat([full, Buffer.alloc(512)])))).toBe('ARCHIVE_DAMAGED');
    expect(code(await prove(Buffer.concat([full, full])))).toBe('ARCHIVE_DAMAGED');
  });
});

describe('a whole archive', () => {
  test('has its sizes, its sum, its inode and its time', async () => {
    const bytes = gzipSync(Buffer.concat([ibd, xb.metadata]));
    const proof = await prove(bytes);
    const path = join(dir, `${counter}.gz`);
    const [sum] = execFileSync('sha256sum', [path], { encoding: 'utf8' }).split(' ');
    const [inode, mtime] = execFileSync('stat', ['-c', '%i %Y', path], { encoding: 'utf8' }).trim().split(' ');
    expect(proof).toMatchObject({ kind: 'whole', files: 3, compressedBytes: bytes.length, sha256: sum, inode });
    expect(proof.kind === 'whole' && proof.mtimeNs.slice(0, -9)).toBe(mtime);
    expect(proof.kind === 'whole' && proof.bytes).toBe(100_000 + xb.CHECKPOINTS.length + xb.INFO.length);
  });

  test.each([
    ['with an empty file', [xb.end('nova/db.opt')]],
    [
      'with interleaved files',
      [xb.payload('a', '12'), xb.payload('b', '3'), xb.payload('a', '4', { offset: 2 }), xb.end('b'), xb.end('a')],
    ],
    ['with a seek back', [xb.payload('a', 'hello'), xb.seek('a', 1), xb.payload('a', 'X', { offset: 1 }), xb.end('a')]],
    ['with a hole', [xb.seek('a', 4096), xb.payload('a', 'X', { offset: 4096 }), xb.end('a')]],
    ['with a rewritten file', [xb.file('a', '1'), xb.payload('a', '22', { flags: xb.REWRITE }), xb.end('a')]],
    ['with a file removed and made again', [xb.file('a', '1'), xb.remove('a'), xb.file('a', '2')]],
    ['with a file renamed and made again', [xb.file('a', '1'), xb.rename('a', 'b'), xb.file('a', '2')]],
    ['with renames and removals of what it never had', [xb.rename('x', 'y'), xb.remove('z')]],
    ['with a path that is not ASCII', [xb.file('nova/größe.ibd', '1')]],
  ])('%s', async (_, chunks) => {
    expect(code(await proveStream(...chunks, xb.metadata))).toBe('whole');
  });

  test('may have the names of MariaDB 11.1 and later, and several gzip members', async () => {
    const files = [xb.file('mariadb_backup_checkpoints', xb.CHECKPOINTS), xb.file('mariadb_backup_info', xb.INFO)];
    expect(code(await prove(Buffer.concat([gzipSync(ibd), ...files.map((part) => gzipSync(part))])))).toBe('whole');
  });
});

describe('an archive that is not', () => {
  test.each([
    ['an empty file', Buffer.alloc(0), 'ARCHIVE_EMPTY'],
    ['the 20 bytes that gzip leaves of a mariabackup that never began', gzipSync(Buffer.alloc(0)), 'ARCHIVE_EMPTY'],
    ['no gzip', Buffer.concat([ibd, xb.metadata]), 'ARCHIVE_DAMAGED'],
    ['no xbstream', gzipSync('-- MariaDB dump'), 'ARCHIVE_DAMAGED'],
  ])('%s', async (_, bytes, expected) => {
    expect(code(await prove(bytes))).toBe(expected);
  });

  test.each([
    ['without checkpoints', [ibd, xb.file('xtrabackup_info', xb.INFO)], 'ARCHIVE_UNFINISHED'],
    ['without info', [ibd, xb.file('xtrabackup_checkpoints', xb.CHECKPOINTS)], 'ARCHIVE_UNFINISHED'],
    [
      'with metadata in a subdirectory only',
      [xb.file('nova/xtrabackup_info', xb.INFO), xb.file('xtrabackup_checkpoints', xb.CHECKPOINTS)],
      'ARCHIVE_UNFINISHED',
    ],
    [
      'with an empty info',
      [xb.end('xtrabackup_info'), xb.file('xtrabackup_checkpoints', xb.CHECKPOINTS)],
      'ARCHIVE_UNFINISHED',
    ],
    ['with a path that never ended', [xb.payload('a', '1'), xb.metadata], 'ARCHIVE_UNFINISHED'],
    ['with a seek that nothing ends', [xb.seek('a', 1), xb.metadata], 'ARCHIVE_UNFINISHED'],
    ['with a wrong checksum', [xb.payload('a', '1', { crc: 1 }), xb.end('a'), xb.metadata], 'ARCHIVE_DAMAGED'],
    ['with a gap', [xb.payload('a', '1', { offset: 5 }), xb.end('a'), xb.metadata], 'ARCHIVE_DAMAGED'],
    ['with the same path twice', [xb.file('a', '1'), xb.file('a', '1'), xb.metadata], 'ARCHIVE_DAMAGED'],
    ['with an open path removed', [xb.payload('a', '1'), xb.remove('a'), xb.metadata], 'ARCHIVE_DAMAGED'],
    [
      'with an open path renamed',
      [xb.payload('a', '1'), xb.rename('a', 'b'), xb.end('b'), xb.metadata],
      'ARCHIVE_DAMAGED',
    ],
    ['with its metadata removed', [xb.metadata, xb.remove('xtrabackup_info')], 'ARCHIVE_UNFINISHED'],
    [
      'with metadata that came by a rename',
      [xb.file('a', xb.INFO), xb.rename('a', 'xtrabackup_info')],
      'ARCHIVE_DAMAGED',
    ],
    ['with a path that leads out', [xb.file('../../etc/shadow', '1'), xb.metadata], 'ARCHIVE_DAMAGED'],
    ['with an absolute path', [xb.file('/etc/shadow', '1'), xb.metadata], 'ARCHIVE_DAMAGED'],
    ['with a path too long', [xb.file('a'.repeat(512), '1'), xb.metadata], 'ARCHIVE_DAMAGED'],
    ['with a chunk of an unknown type', [xb.header('Z', 'a'), xb.metadata], 'ARCHIVE_UNSUPPORTED'],
    ['with an unknown flag', [xb.payload('a', '1', { flags: 4 }), xb.end('a'), xb.metadata], 'ARCHIVE_UNSUPPORTED'],
    [
      'with a payload longer than it is',
      [xb.metadata, xb.payload('a', '1', { length: 2 ** 40 })],
      'ARCHIVE_UNFINISHED',
    ],
    [
      'with an info file that is too large',
      [xb.file('xtrabackup_info', Buffer.alloc(70_000, 65))],
      'ARCHIVE_UNSUPPORTED',
    ],
    [
      'with an info file that says nothing',
      [xb.file('xtrabackup_checkpoints', xb.CHECKPOINTS), xb.file('xtrabackup_info', 'x')],
      'ARCHIVE_UNSUPPORTED',
    ],
    [
      'of some tables only',
      [
        xb.file('xtrabackup_checkpoints', xb.CHECKPOINTS),
        xb.file('xtrabackup_info', xb.INFO.replace('partial = N', 'partial = Y')),
      ],
      'ARCHIVE_DAMAGED',
    ],
    [
      'whose metadata disagree',
      [
        xb.file('xtrabackup_checkpoints', xb.CHECKPOINTS.replace('360915725', '360915724')),
        xb.file('xtrabackup_info', xb.INFO),
      ],
      'ARCHIVE_DAMAGED',
    ],
    [
      'whose base is of another history',
      [
        xb.file('xtrabackup_checkpoints', incremental(xb.CHECKPOINTS)),
        xb.file('xtrabackup_info', incremental(xb.INFO)),
      ],
      'ARCHIVE_OTHER_HISTORY',
    ],
  ])('%s', async (_, chunks, expected) => {
    expect(code(await proveStream(...chunks))).toBe(expected);
  });

  test('a file that is missing, a link, a directory, a pipe', async () => {
    const link = join(dir, 'link.gz');
    symlinkSync(new URL('full.gz', recorded).pathname, link);
    const pipe = join(dir, 'pipe.gz');
    execFileSync('mkfifo', [pipe]);
    expect(code(await provePath(join(dir, 'nowhere.gz')))).toBe('ARCHIVE_MISSING');
    expect(code(await provePath(link))).toBe('ARCHIVE_UNREADABLE');
    expect(code(await provePath(dir))).toBe('ARCHIVE_UNREADABLE');
    expect(code(await provePath(pipe))).toBe('ARCHIVE_UNREADABLE');
  });
});

function unpacksTo(bytes: Buffer, plain: Buffer): boolean {
  try {
    return gunzipSync(bytes).equals(plain);
  } catch {
    return false;
  }
}

describe('damage of every kind is found', () => {
  const full = readFileSync(new URL('full-with-ddl.gz', recorded));
  const plain = gunzipSync(full);

  test('cut anywhere, as a file and as a stream that gzip closed properly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), async (at) => {
        expect((await prove(full.subarray(0, Math.floor(at * full.length)))).kind).toBe('unproven');
        const cut = plain.subarray(0, Math.floor(at * plain.length));
        expect((await prove(gzipSync(cut))).kind).toBe('unproven');
      }),
      { numRuns: 25 },
    );
  });

  test('one bit flipped anywhere in the file', async () => {
    const at = fc.integer({ min: 0, max: full.length - 1 });
    await fc.assert(
      fc.asyncProperty(at, fc.integer({ min: 0, max: 7 }), async (byte, bit) => {
        const flipped = Buffer.from(full);
        flipped.writeUInt8(flipped.readUInt8(byte) ^ (1 << bit), byte);
        // a gzip has bits that mean nothing: its time, its file name, the filling of its last byte
        expect((await prove(flipped)).kind).toBe(unpacksTo(flipped, plain) ? 'whole' : 'unproven');
      }),
      { numRuns: 40 },
    );
  });

  test('a chunk that was lost', async () => {
    const parts = [xb.payload('a', '12'), xb.payload('a', '34', { offset: 2 }), xb.end('a'), ibd, xb.metadata];
    expect(code(await proveStream(...parts))).toBe('whole');
    expect((await proveStream(...parts.toSpliced(0, 1))).kind).toBe('unproven');
    expect((await proveStream(...parts.toSpliced(2, 1))).kind).toBe('unproven');
    expect((await proveStream(...parts.toSpliced(4, 1))).kind).toBe('unproven');
  });
});

test('a file that grows while it is read is not proven', async () => {
  const path = join(dir, 'growing.gz');
  writeFileSync(path, gzipSync(Buffer.concat([ibd, xb.metadata])));
  const command = proveArchiveCommand(path, TIMEOUT_MS);
  // the same program, told to look at the file's identity after somebody has touched it
  const stdin = command.stdin?.replace('archive.follow()', 'archive.follow(); os.utime(path)');
  const proof = readProof('node-1', path, await runCommand({ ...command, ...(stdin === undefined ? {} : { stdin }) }));
  expect(code(proof)).toBe('ARCHIVE_CHANGED');
  expect(detail(proof)).toContain('while it was read');
});

test('one that is still being written is not told as cut off, though its reader has caught up with the writer', async () => {
  const whole = gzipSync(Buffer.concat([ibd, xb.metadata]));
  const half = whole.subarray(0, whole.length / 2);
  const path = join(dir, 'half.gz');
  const found = async (written: string) => {
    writeFileSync(path, half);
    const command = proveArchiveCommand(path, TIMEOUT_MS);
    const stdin = command.stdin?.replace('raise Unproven("gzip_cut"', `${written}raise Unproven("gzip_cut"`) ?? '';
    return code(readProof('node-1', path, await runCommand({ ...command, stdin })));
  };
  expect(await found('open(request["path"], "ab").write(b"more"); ')).toBe('ARCHIVE_CHANGED');
  expect(await found('')).toBe('ARCHIVE_CUT');
});

test('memory stays bounded, and progress is told', async () => {
  const path = join(dir, 'zeros.gz');
  const zeros = Buffer.alloc(10 << 20);
  const chunks = Array.from({ length: 40 }, (_, n) => xb.payload('z.ibd', zeros, { offset: n * zeros.length }));
  writeFileSync(path, gzipSync(Buffer.concat([...chunks, xb.end('z.ibd'), xb.metadata]), { level: 9 }));
  const seen: number[][] = [];
  const command = proveArchiveCommand(path, TIMEOUT_MS, (done, total) => seen.push([done, total]));
  const limited = command.stdin
    ?.replace(
      'be_polite()\ntry:',
      'import resource\nresource.setrlimit(resource.RLIMIT_AS, (128 << 20, 128 << 20))\ntry:',
    )
    .replace('PROGRESS_SECONDS = 5', 'PROGRESS_SECONDS = 0');
  expect(limited).not.toBe(command.stdin);
  const outcome = await runCommand({ ...command, ...(limited === undefined ? {} : { stdin: limited }) });
  expect(readProof('node-1', path, outcome)).toMatchObject({ kind: 'whole', files: 3 });
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.at(-1)?.[0]).toBe(seen.at(-1)?.[1]);
});

test('no answer is not an answer', async () => {
  const silent = { code: 0, signal: null, stdout: '', stderr: '' };
  expect(readProof('node-1', '/a.gz', silent)).toMatchObject({ kind: 'unknown' });
  const killed = { code: null, signal: 'SIGKILL', stdout: '{"progress": 1, "of": 2}\n', stderr: '' };
  expect(readProof('node-1', '/a.gz', killed)).toMatchObject({
    kind: 'unknown',
    problem: { code: 'HOST_PROGRAM_FAILED' },
  });
  expect(() => proveArchiveCommand('relative.gz', 1)).toThrow();
  expect(() => proveArchiveCommand('/a/../b.gz', 1)).toThrow();
  expect(() => proveArchiveCommand('/a\n.gz', 1)).toThrow();
});

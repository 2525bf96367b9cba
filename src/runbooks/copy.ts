import { posix } from 'node:path';
import { quoteHost } from '../kolla/quoted.ts';
import type { Code, Problem } from '../operation/catalogue.ts';
import type { NodeRef } from '../operation/checks.ts';

/**
 * The steps that fill the copy: containers of the engine, in the foreground of the supervisor that outlives us, of the
 * image that MariaDB runs there. They see the backup volume, read-only, and the copy, and nothing else.
 */

/** What `docker run` of one of an operation's containers needs. Owners are the datadir's. */
export type CopyContainer = {
  readonly engine: NodeRef['engine'];
  readonly operation: string;
  readonly plan: number;
  /** The image's id. */
  readonly image: string;
  readonly uid: number;
  readonly gid: number;
  /** The staged directory. */
  readonly data: string;
};
type CopyStep = 'unpack' | 'prepare' | 'trial' | `unpack-${number}` | `apply-${number}`;

/** Where an incremental is unpacked, from 1: made with the copy, beside it. */
export const incrementalDirectory = ({ data }: Pick<CopyContainer, 'data'>, number: number) =>
  posix.join(posix.dirname(data), `incremental-${number}`);

export const containerName = ({ operation, plan }: CopyContainer, step: CopyStep) =>
  `kolla-backup-${operation}-${plan}-${step}`;

/** By the first of them `stage` and `clear` find what an operation left running. */
export const containerLabels = ({ operation, plan }: CopyContainer, step: CopyStep): readonly string[] => [
  `kolla-backup.operation=${operation}`,
  `kolla-backup.plan=${plan}`,
  `kolla-backup.step=${step}`,
];

const copyMount = ({ data }: CopyContainer) => `type=bind,src=${data},dst=/copy`;

const ALONE = ['--pull=never', '--network', 'none', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

function run(
  container: CopyContainer,
  step: CopyStep,
  mounts: readonly string[],
  script: string,
  args: string[],
): readonly string[] {
  const { engine, image, uid, gid } = container;
  const labels = containerLabels(container, step).flatMap((label) => ['--label', label]);
  const binds = mounts.flatMap((mount) => ['--mount', mount]);
  return [
    engine,
    'run',
    '--rm',
    '--name',
    containerName(container, step),
    ...labels,
    ...ALONE,
    '--user',
    `${uid}:${gid}`,
    ...binds,
    '--entrypoint',
    'bash',
    image,
    '-c',
    script,
    step,
    ...args,
  ];
}

/** A live server works on the same disk. */
const POLITE = `
if command -v ionice > /dev/null; then ionice -c 2 -n 7 -p $$; fi
if command -v renice > /dev/null; then renice -n 10 -p $$ > /dev/null; fi
trap 'exit 143' TERM INT`;

/** Exit codes of `unpack` beside those of its programs. */
const BELOW_FLOOR = 4;
const NOT_ENDED = 5;
const NOT_EMPTY = 6;

/**
 * $1: the archive, relative to the volume; $2: bytes that must stay free. The script is the container's first process:
 * with it everything in the container ends.
 */
const UNPACK = `${POLITE}
archive=/backup/$1 floor=$2
[ -r "$archive" ] || { ls -l "$archive"; echo "kolla-backup: it cannot be read"; exit 1; }
[ -z "$(ls -A /copy)" ] || { echo "kolla-backup: the copy is not empty"; exit ${NOT_EMPTY}; }
(
  gunzip -c "$archive" | mbstream -x -C /copy
  ended=("\${PIPESTATUS[@]}")
  echo "kolla-backup: gunzip ended with \${ended[0]}, mbstream with \${ended[1]}"
  [ "\${ended[*]}" = "0 0" ]
) &
work=$!
(
  while free=$(($(stat -f -c '%a*%S' /copy))) && [ "$free" -ge "$floor" ]; do sleep 1; done
  echo "kolla-backup: $free bytes are free, $floor must stay free"
) &
watch=$!
wait -n "$work" "$watch"
code=$?
kill -0 "$work" 2> /dev/null && exit ${BELOW_FLOOR}
[ "$code" -eq 0 ] || exit 1
for file in checkpoints info; do
  [ -s "/copy/mariadb_backup_$file" ] || [ -s "/copy/xtrabackup_$file" ] || {
    echo "kolla-backup: its $file file is not there"
    exit ${NOT_ENDED}
  }
done
echo "kolla-backup: unpacked"
`;

const PREPARE = `${POLITE}
exec "$(command -v mariadb-backup || command -v mariabackup)" --prepare --target-dir=/copy 2>&1
`;

/** Where the redo log of a copy that was never started is smaller, and of one that was larger (bytes). */
const STARTED_LOG = 1_048_576;
/** Exit code of `apply` where it touched nothing. */
const MISMATCH = 7;

/**
 * $1: where the incremental must begin and the copy must stand; $2, $3: names of the copy and the incremental in /chain,
 * one mount of both, for tables that were made during the backup are moved from one into the other. Once applied it is removed: applied a second time it
 * takes tables away, and all ends well.
 */
const APPLY = `${POLITE}
told() { cat "$1/mariadb_backup_checkpoints" "$1/xtrabackup_checkpoints" 2> /dev/null | sed -n "s/^$2 *= *//p" | head -n 1; }
copy=/chain/$2 incremental=/chain/$3
stands=$(told "$copy" to_lsn) begins=$(told "$incremental" from_lsn)
if [ "$stands" != "$1" ] || [ "$begins" != "$1" ]; then
  echo "kolla-backup: the copy stands at LSN $stands and the incremental begins at $begins, both should be $1"
  exit ${MISMATCH}
fi
if [ "$(stat -c %s "$copy/ib_logfile0")" -ge ${STARTED_LOG} ]; then
  echo "kolla-backup: the copy was started once, nothing may be applied to it any more"
  exit ${MISMATCH}
fi
"$(command -v mariadb-backup || command -v mariabackup)" --prepare --target-dir="$copy" --incremental-dir="$incremental" 2>&1
code=$?
[ "$code" -ne 0 ] || find "$incremental" -mindepth 1 -delete
exit "$code"
`;

/** The scripts, by the names under which a plan holds each once: a chain runs two of them for every incremental. */
export const COPY_SCRIPTS = { unpack: UNPACK, prepare: PREPARE, apply: APPLY } as const;

/** Applies incremental `number`, which begins at `fromLsn`, to the prepared copy. */
export function applyArgv(container: CopyContainer, number: number, fromLsn: string) {
  const mount = `type=bind,src=${posix.dirname(container.data)},dst=/chain`;
  const names = [container.data, incrementalDirectory(container, number)].map((path) => posix.basename(path));
  return run(container, `apply-${number}`, [mount], APPLY, [fromLsn, ...names]);
}

/**
 * Unpacks an archive (`archive` relative to the backup volume's directory) into the empty directory `container.data`.
 */
export function unpackArgv(
  container: CopyContainer,
  backup: string,
  archive: string,
  floorBytes: number,
  step: CopyStep = 'unpack',
) {
  return run(container, step, [`type=bind,src=${backup},dst=/backup,readonly`, copyMount(container)], UNPACK, [
    archive,
    String(floorBytes),
  ]);
}

export function prepareArgv(container: CopyContainer) {
  return run(container, 'prepare', [copyMount(container)], PREPARE, []);
}

/** How a program ended: its exit code (null: by a signal) and the end of what it printed. */
export type Ended = { readonly exit: number | null; readonly output: string };

/** What tells one bad archive from another, in the order in which it is looked for. */
const UNPACK_SIGNS: readonly (readonly [RegExp, Code])[] = [
  [/No space left on device/i, 'STAGE_NO_ROOM'],
  [/unexpected end of file/i, 'ARCHIVE_CUT'],
  [/it cannot be read|permission denied/i, 'ARCHIVE_UNREADABLE'],
  [/crc error|invalid compressed data|not in gzip format|checksum mismatch|wrong chunk magic/i, 'ARCHIVE_DAMAGED'],
  [/mbstream/i, 'ARCHIVE_UNFINISHED'],
];

const OUTPUT_CHARS = 1_200;
const lastOf = (output: string) => quoteHost(output.slice(-OUTPUT_CHARS * 4), OUTPUT_CHARS);

/** Null where the archive was unpacked whole. `path` is the archive's, for people. */
export function readUnpack({ exit, output }: Ended, host: string, path: string): Problem | null {
  if (exit === 0 && output.includes('kolla-backup: unpacked')) return null;
  const detail = lastOf(output);
  if (exit === BELOW_FLOOR) return { code: 'STAGE_NO_ROOM', params: { host, detail } };
  if (exit === NOT_ENDED) return { code: 'ARCHIVE_UNFINISHED', params: { host, path, detail } };
  if (exit === NOT_EMPTY) return { code: 'STAGE_NOT_EMPTY', params: { host, detail } };
  const began = output.includes('kolla-backup:');
  const code = began ? UNPACK_SIGNS.find(([sign]) => sign.test(output))?.[1] : undefined;
  return { code: code ?? 'UNPACK_FAILED', params: { host, path, ended: String(exit ?? 'a signal'), detail } };
}

/** Null where mariabackup prepared the copy. */
export function readPrepare({ exit, output }: Ended, host: string): Problem | null {
  if (exit === 0 && /completed OK!\s*$/.test(output)) return null;
  if (/No space left on device/i.test(output))
    return { code: 'STAGE_NO_ROOM', params: { host, detail: lastOf(output) } };
  if (exit === MISMATCH || /seems not to be proper for the target/.test(output))
    return { code: 'APPLY_MISMATCH', params: { host, detail: lastOf(output) } };
  return { code: 'PREPARE_FAILED', params: { host, ended: String(exit ?? 'a signal'), detail: lastOf(output) } };
}

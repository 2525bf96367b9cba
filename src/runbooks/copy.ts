import { posix } from 'node:path';
import { type CopyContainer, type CopyStep, copyMount, runInCopy } from './copy-container.ts';

/** The steps that fill the copy: what runs in their containers. The backup volume is mounted read-only. */

/** Where an incremental is unpacked, from 1: made with the copy, beside it. */
export const incrementalDirectory = ({ data }: Pick<CopyContainer, 'data'>, number: number) =>
  posix.join(posix.dirname(data), `incremental-${number}`);

/** A live server works on the same disk. */
const POLITE = `
if command -v ionice > /dev/null; then ionice -c 2 -n 7 -p $$; fi
if command -v renice > /dev/null; then renice -n 10 -p $$ > /dev/null; fi
trap 'exit 143' TERM INT`;

/** Exit codes of the scripts, beside those of the programs in them. */
export const EXITS = {
  belowFloor: 4,
  notEnded: 5,
  notEmpty: 6,
  /** `apply` touched nothing. */
  mismatch: 7,
} as const;

/**
 * $1: the archive, relative to the volume; $2: bytes that must stay free. The script is the container's first process:
 * with it everything in the container ends.
 */
const UNPACK = `${POLITE}
archive=/backup/$1 floor=$2
[ -r "$archive" ] || { ls -l "$archive"; echo "kolla-backup: it cannot be read"; exit 1; }
[ -z "$(ls -A /copy)" ] || { echo "kolla-backup: the copy is not empty"; exit ${EXITS.notEmpty}; }
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
kill -0 "$work" 2> /dev/null && exit ${EXITS.belowFloor}
[ "$code" -eq 0 ] || exit 1
for file in checkpoints info; do
  [ -s "/copy/mariadb_backup_$file" ] || [ -s "/copy/xtrabackup_$file" ] || {
    echo "kolla-backup: its $file file is not there"
    exit ${EXITS.notEnded}
  }
done
echo "kolla-backup: unpacked"
`;

const PREPARE = `${POLITE}
exec "$(command -v mariadb-backup || command -v mariabackup)" --prepare --target-dir=/copy 2>&1
`;

/** Where the redo log of a copy that was never started is smaller, and of one that was larger (bytes). */
const STARTED_LOG = 1_048_576;

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
  exit ${EXITS.mismatch}
fi
if [ "$(stat -c %s "$copy/ib_logfile0")" -ge ${STARTED_LOG} ]; then
  echo "kolla-backup: the copy was started once, nothing may be applied to it any more"
  exit ${EXITS.mismatch}
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
  return runInCopy(container, `apply-${number}`, [mount], APPLY, [fromLsn, ...names]);
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
  return runInCopy(container, step, [`type=bind,src=${backup},dst=/backup,readonly`, copyMount(container)], UNPACK, [
    archive,
    String(floorBytes),
  ]);
}

/** Prepares the unpacked full, so that a server can start from it. */
export function prepareArgv(container: CopyContainer) {
  return runInCopy(container, 'prepare', [copyMount(container)], PREPARE, []);
}

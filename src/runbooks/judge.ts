import { lockPlace } from '../kolla/backup-config.ts';
import { notMember } from '../kolla/galera.ts';
import type { Code, Params } from '../operation/catalogue.ts';
import type { Answered, AnswerTo, Check, CheckName } from '../operation/checks.ts';
import type { JournaledProblem, Operation } from '../operation/operation.ts';
import { restoreJudges } from './judge-restore.ts';

/** Free space that must stay in the volume's file system beyond the expected archive, in bytes. */
export const SPACE_FLOOR = 268_435_456;
/** A compressed archive is expected to take at most this part of the datadir when there is no earlier full to go by. */
const ARCHIVE_SHARE = 0.5;
/** Growth allowed for since the largest earlier full. */
const ARCHIVE_GROWTH = 1.2;

/** How much of a list of files is told, in characters. */
const FILES_TOLD = 500;

type Judged = {
  readonly [K in CheckName]: (check: Extract<Check, { check: K }>, answer: AnswerTo<K>) => JournaledProblem | null;
};

const problem = (code: Code, params: Params = {}): JournaledProblem => ({ code, params });

/** What each answer means for the plan: null where it is as it must be. */
const judges: Judged = {
  ...restoreJudges,

  'backup-host-synced': ({ host }, { nodes }) => {
    const found = nodes.find(({ node }) => node === host);
    if (!found) return problem('GALERA_UNKNOWN', { host, reason: 'it was not asked' });
    // A host that can't be asked has a problem of its own: its key, its login, its network.
    if (!found.answered) return found.problem;
    const state = notMember(found.status);
    return state === null ? null : problem('BACKUP_HOST_NOT_SYNCED', { host, state });
  },
  'nobody-else': (_, { found: [first] }) =>
    first ? problem('SOMEBODY_ELSE_WORKS', { host: first.host, what: first.what }) : null,
  'lock-on-this-node': ({ node, config }, answer) =>
    lockPlace(answer) === 'elsewhere'
      ? problem('BACKUP_LOCK_ON_OTHER_NODE', {
          host: node.node,
          config,
          address: answer.host ?? 'nowhere',
          answered: answer.answeredBy ?? 'nobody',
        })
      : null,
  'archives-listed': ({ volume }, { nodes }) => {
    const cut = nodes.find(({ omitted }) => omitted > 0);
    return cut
      ? problem('TOO_MANY_ARCHIVES', { host: cut.node, volume, count: String(cut.count + cut.omitted) })
      : null;
  },
  'backup-base': (_, answer) => answer.problem,
  'backup-noted': () => null,
  'room-for-archive': ({ node: { node: host } }, answer) => {
    const { directory, freeBytes, datadirBytes, largestFullBytes, unpacks } = answer;
    const expected = largestFullBytes === null ? datadirBytes * ARCHIVE_SHARE : largestFullBytes * ARCHIVE_GROWTH;
    const needed = Math.ceil(expected) + SPACE_FLOOR;
    const room = (free: number, need: number) => ({ host, free: megabytes(free), needed: megabytes(need) });
    if (freeBytes < needed) return problem('NO_ROOM_FOR_ARCHIVE', { directory, ...room(freeBytes, needed) });
    if (unpacks === undefined) return null;
    const also = unpacks.bytes + (unpacks.beside ? needed : SPACE_FLOOR);
    return unpacks.freeBytes < also ? problem('NO_ROOM_TO_UNPACK', room(unpacks.freeBytes, also)) : null;
  },
  'one-host-changed': ({ host: expected }, { host, problem: why }) => {
    if (why) return why;
    // Where no host is named the output has said why.
    return host === expected ? null : problem('BACKUP_ON_ANOTHER_HOST', { host: host ?? 'nobody', expected });
  },
  'new-archive': ({ node }, { directory, fresh }) => {
    if (directory === null) return problem('NO_BACKUP_VOLUME', { host: node.node });
    if (fresh.length === 0) return problem('NO_NEW_ARCHIVE', { host: node.node, directory });
    return fresh.length === 1
      ? null
      : problem('SEVERAL_NEW_ARCHIVES', {
          host: node.node,
          files: fresh
            .map(({ path }) => path)
            .join(', ')
            .slice(0, FILES_TOLD),
        });
  },
  'archive-complete': ({ node, type: wanted }, { path, complete, problem: why, type, toLsn }) => {
    if (!complete || why) return why ?? problem('ARCHIVE_INCOMPLETE', { host: node.node, file: path });
    if (type === wanted && toLsn !== null) return null;
    const params = { host: node.node, file: path, type: type ?? 'unknown' };
    return problem(wanted === 'full' ? 'ARCHIVE_NOT_FULL' : 'ARCHIVE_NOT_INCREMENTAL', params);
  },
};

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}

/** What is wrong with an answer, or null. The answer must be that check's. */
export function judge(check: Check, answered: Answered): JournaledProblem | null {
  if (answered.check !== check.check) return problem('CHECK_MISMATCH', { check: check.check });
  // The table holds for each name the function of that name; the pairing above is what the compiler can't see.
  const judgeIt = judges[check.check] as (check: Check, answer: Answered['answer']) => JournaledProblem | null;
  return judgeIt(check, answered.answer);
}

/** What an earlier step found, by the check's name. */
export function earlierAnswers(operation: Pick<Operation, 'attempts'>, step: string): readonly Answered[] {
  const attempt = operation.attempts.get(step)?.at(-1);
  return [...(attempt?.before ?? []), ...(attempt?.end?.after ?? [])];
}

/** What lay in the backup volumes just before a step was sent; null when it wasn't. */
export function listedBefore(operation: Operation, step: string): AnswerTo<'archives-listed'> | null {
  return earlierAnswers(operation, step).find((one) => one.check === 'archives-listed')?.answer ?? null;
}

/** The new archives that a step found; null when it hasn't looked. */
export function foundBy(operation: Operation, step: string): AnswerTo<'new-archive'> | null {
  return earlierAnswers(operation, step).find((one) => one.check === 'new-archive')?.answer ?? null;
}

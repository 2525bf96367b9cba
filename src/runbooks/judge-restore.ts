import type { z } from 'zod';
import { notMember } from '../kolla/galera.ts';
import { parseServerVersion } from '../kolla/xtrabackup.ts';
import type { Code, Params } from '../operation/catalogue.ts';
import type { AnswerTo, Check, CheckName } from '../operation/checks.ts';
import type { JournaledProblem } from '../operation/operation.ts';
import type { restoreChecks } from '../operation/restore-checks.ts';
import { isDonor, isMember, isPrimary } from './cluster-seen.ts';

/** What the answers to a restore's checks mean for the plan: null where they are as they must be. */

type RestoreCheckName = z.infer<(typeof restoreChecks)[number]>['check'];
type Judges = {
  readonly [K in RestoreCheckName & CheckName]: (
    check: Extract<Check, { check: K }>,
    answer: AnswerTo<K>,
  ) => JournaledProblem | null;
};

/** How much of a list is told, in characters. */
const LIST_TOLD = 500;
const problem = (code: Code, params: Params = {}): JournaledProblem => ({ code, params });
const told = (list: readonly string[]) => list.join(', ').slice(0, LIST_TOLD);

/** By the checks' names. */
export const restoreJudges: Judges = {
  reported: (_, answer) => answer.problem,
  'playbook-ended': (_, answer) => answer.problem,
  'archive-whole': ({ node, path, type, lsns, series }, answer) => {
    if (answer.problem) return answer.problem;
    const params = { host: node.node, file: path };
    if (answer.type !== type)
      return problem(type === 'full' ? 'ARCHIVE_NOT_FULL' : 'ARCHIVE_NOT_INCREMENTAL', {
        ...params,
        type: answer.type ?? 'unknown',
      });
    const taken = parseServerVersion(answer.serverVersion ?? '')?.series;
    if (series !== undefined && taken !== undefined && taken !== series)
      return problem('ARCHIVE_OTHER_SERIES', { path, host: node.node, archive: taken, image: series });
    if (lsns === null || (answer.fromLsn === lsns.from && answer.toLsn === lsns.to)) return null;
    const found = `${answer.fromLsn ?? 'unknown'} to ${answer.toLsn ?? 'unknown'}`;
    return problem('ARCHIVE_OTHER_LSNS', { ...params, found, planned: `${lsns.from} to ${lsns.to}` });
  },
  'copy-stands-at': ({ lsn }, answer) =>
    answer.lsn === lsn ? null : problem('COPY_STANDS_ELSEWHERE', { found: answer.lsn ?? 'nowhere', planned: lsn }),
  'copy-belongs': ({ olderSchemas }, { problem: why, older }) => {
    if (why) return why;
    return older.length === 0 || olderSchemas ? null : problem('COPY_SCHEMAS_OLDER', { schemas: told(older) });
  },
  'nodes-as-planned': (_, answer) => answer.problem,
  'copy-unchanged': ({ node, data, manifest }, answer) =>
    answer.manifest === manifest ? null : problem('COPY_CHANGED', { host: node, data }),
  'service-as-planned': ({ served }, { nodes }) => {
    const member = nodes.find(isMember);
    return served || member === undefined ? null : problem('SERVICE_CAME_BACK', { host: member.node });
  },
  'journals-remembered': (_, answer) => answer.problem,
  'nodes-down': (_, { up: [first] }) => (first ? problem('NODE_IS_UP', { host: first.node, why: first.why }) : null),
  'nodes-gone': (_, { back: [first] }) =>
    first ? problem('GONE_NODE_ANSWERS', { host: first.node, why: first.why }) : null,
  'most-advanced': ({ node }, { ahead }) =>
    ahead === null || ahead === node ? null : problem('NODE_IS_BEHIND', { host: node, ahead }),
  'none-further': (_, { from, further }) =>
    further === null ? null : problem('RECOVERED_NODE_IS_BEHIND', { host: from, ahead: further }),
  'nobody-else-now': (_, { found: [first] }) =>
    first ? problem('SOMEBODY_ELSE_WORKS', { host: first.host, what: first.what }) : null,
  'another-serves': ({ host }, { nodes }) => {
    const own = nodes.find(({ node }) => node === host);
    const another = nodes.some((one) => one !== own && (isMember(one) || isDonor(one)));
    return own !== undefined && isPrimary(own) && !another ? problem('NODE_SERVES_ALONE', { host }) : null;
  },
  'newer-full': (_, { label }) => (label === null ? problem('DISCARD_NEEDS_FULL') : null),
  'service-back': ({ node, address }, answer) => {
    const state = answer.node.answered ? notMember(answer.node.status) : 'it does not answer';
    if (state !== null) return problem('SERVICE_NOT_BACK', { host: node.node, state });
    return address === null || answer.answeredBy !== null
      ? null
      : problem('SERVICE_ADDRESS_SILENT', { address: `${address.host}:${address.port}`, host: node.node });
  },
  'cluster-whole': (_, { why }) => (why === null ? null : problem('CLUSTER_NOT_WHOLE', { why })),
  'databases-as-shown': ({ node }, { differing }) =>
    differing.length === 0 ? null : problem('DATABASES_DIFFER', { host: node.node, differing: told(differing) }),
  'synced-lines': () => null,
};

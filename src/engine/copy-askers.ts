import type { Findings } from '../kolla/findings.ts';
import type { AnswerTo, CheckName } from '../operation/checks.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { isMember } from '../runbooks/cluster-seen.ts';
import { programQuestion } from '../runbooks/programs/program.ts';
import { readReport } from '../runbooks/programs/reports.ts';
import { demandReport } from '../runbooks/reports.ts';
import { emptyProblem, olderSchemas, otherCloudProblem } from '../runbooks/trial.ts';
import type { Askers } from './asker.ts';
import { findingsOn, statuses } from './cluster-questions.ts';
import type { Drive } from './drive.ts';
import { ifAnswered } from './hosts.ts';
import { proveNamed } from './prove.ts';

/** How long a manifest of a large copy may take (ms). */
const MANIFEST_MS = 600_000;

/** How the checks are asked that are about a restore's archives and the copy made of them. */
export const copyAskers = {
  'archive-whole': ({ node, directory, path, sha256 }, { drive, timeLimitMs, patience }) =>
    patience(node.node, () => proveNamed(drive, node, { directory, path, sha256 }, timeLimitMs)),

  'copy-stands-at': async ({ tried }, { drive }) => ({
    lsn: demandReport(drive.operation(), tried.plan, tried.step, 'trial').checkpoints?.to_lsn ?? null,
  }),

  'copy-belongs': async ({ nodes, addresses, container, tried }, { drive }) => {
    const report = demandReport(drive.operation(), tried.plan, tried.step, 'trial');
    const live = await liveFindings(drive, nodes, container);
    const host = drive.operation().plan?.plan.backupHost ?? '';
    const cloud = {
      nodeAddresses: addresses,
      nodeNames: nodes.map(({ node }) => node),
      live: live?.findings ?? null,
    };
    return {
      live,
      older: live === null ? [] : olderSchemas(report.findings, live.findings).map(({ name }) => name),
      problem: emptyProblem(host, report.findings) ?? otherCloudProblem(host, report.findings, cloud),
    };
  },

  'copy-unchanged': async ({ node, data, is }, { drive, patience }) => {
    const question = programQuestion('manifest', { data, new: is }, MANIFEST_MS);
    const read = readReport('manifest', node, await patience(node, () => drive.hosts.node(node).run(question)));
    return { manifest: 'report' in read ? read.report.manifest : null };
  },
} satisfies Partial<Askers<CheckName>>;

type Live = NonNullable<AnswerTo<'copy-belongs'>['live']>;

/** What the first node that is a full member says of the live databases; null where there is none. */
async function liveFindings(
  drive: Drive,
  nodes: readonly NodeRef[],
  container: string,
): Promise<(Omit<Live, 'findings'> & { findings: Findings }) | null> {
  const found = await statuses(drive.hosts, nodes, container);
  const member = found.find(isMember);
  const node = nodes.find((one) => one.node === member?.node);
  if (node === undefined || member === undefined) return null;
  const findings = await ifAnswered(findingsOn(drive.hosts, node, container));
  if (findings === null) return null;
  const { wsrep_cluster_state_uuid: uuid = '', wsrep_last_committed: seqno = '' } = member.status;
  const position = /^-?\d{1,19}$/.test(seqno) && uuid !== '' ? { uuid, seqno } : null;
  return { node: node.node, findings, position, lastWriteAt: lastWriteOf(drive, node.node) };
}

/** The newest binlog's time, as it was when the node was surveyed just before. */
function lastWriteOf(drive: Drive, node: string): number | null {
  return drive.operation().facts?.restore?.surveys.find((one) => one.node === node)?.lastWriteAt ?? null;
}

import { IDENTITY_STATEMENT, readIdentity, type SqlAddress } from '../kolla/backup-config.ts';
import * as containers from '../kolla/containers.ts';
import { type Findings, findingsCommand, parseFindings } from '../kolla/findings.ts';
import { further, mostAdvanced, notMember, wholeCluster } from '../kolla/galera.ts';
import { shorten } from '../kolla/quoted.ts';
import { readSyncedLines, SYNCED_LINES_COMMAND } from '../kolla/synced-lines.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { AnswerTo, CheckName } from '../operation/checks.ts';
import { mainTrack } from '../operation/operation.ts';
import type { NodeRef, NodeStatus } from '../operation/shapes.ts';
import { programQuestion } from '../runbooks/programs/program.ts';
import { readReport } from '../runbooks/programs/reports.ts';
import { demandReport, heldPosition, numbered, positionHeld } from '../runbooks/reports.ts';
import { differsFromTrial, emptyProblem, olderSchemas, otherCloudProblem } from '../runbooks/trial.ts';
import type { Asker, Context } from './askers.ts';
import { comeBack } from './gone-nodes.ts';
import { sleep } from './hosts.ts';
import { galeraStatus, othersAtWork } from './node-questions.ts';
import { notAsPlanned } from './planned-nodes.ts';
import { proveNamed } from './prove.ts';
import { lookDown, newerFull, rememberedMore } from './restore-questions.ts';

/** How often what must become true is asked again (ms). */
const AGAIN_MS = 3_000;
/** How long a manifest of a large copy may take (ms). */
const MANIFEST_MS = 600_000;

/** What a journal takes of differences: so many, of so many characters. */
const DIFFERING = 300;
/** How often a node is asked whether MariaDB is down: an engine that is slow to answer once is not a server. */
const DOWN_TRIES = 3;

type RestoreCheck =
  | 'archive-whole'
  | 'copy-stands-at'
  | 'copy-belongs'
  | 'nodes-as-planned'
  | 'copy-unchanged'
  | 'service-as-planned'
  | 'journals-remembered'
  | 'nodes-down'
  | 'nodes-gone'
  | 'most-advanced'
  | 'none-further'
  | 'nobody-else-now'
  | 'newer-full'
  | 'service-back'
  | 'cluster-whole'
  | 'databases-as-shown'
  | 'synced-lines';

/** How the checks of a restore are asked. Every one only reads. */
export const restoreAskers: { readonly [K in RestoreCheck & CheckName]: Asker<K> } = {
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

  'nodes-as-planned': async ({ nodes }, context) => ({ problem: await notAsPlanned(nodes, context) }),

  'copy-unchanged': async ({ node, data, is }, { drive, patience }) => {
    const question = programQuestion('manifest', { data, new: is }, MANIFEST_MS);
    const read = readReport('manifest', node, await patience(node, () => drive.hosts.node(node).run(question)));
    return { manifest: 'report' in read ? read.report.manifest : null };
  },

  'service-as-planned': async ({ nodes, container }, { drive }) => ({
    nodes: await statuses(drive, nodes, container),
  }),

  'journals-remembered': async ({ hosts }, { drive, patience }) => {
    for (const host of hosts) {
      const problem = await patience(host, () => rememberedMore(drive, host));
      if (problem !== null) return { problem };
    }
    return { problem: null };
  },

  'nodes-down': async ({ nodes, container, unit }, { drive, patience }) => {
    for (let tries = 1; ; tries += 1) {
      const looked = await Promise.all(
        nodes.map(async (node) => ({
          node: node.node,
          why: await patience(node.node, () => lookDown(drive, node, container, unit)),
        })),
      );
      const up = looked.flatMap(({ node, why }) => (why === null ? [] : [{ node, why }]));
      if (up.length === 0 || tries === DOWN_TRIES) return { up };
      await sleep(AGAIN_MS, drive.signal);
    }
  },

  'nodes-gone': async ({ gone, nodes, container }, { drive, patience }) => {
    const { facts } = drive.operation();
    if (facts === null) throw new TypeError('a plan without facts');
    return { back: [...(await comeBack(drive.hosts, facts.deploy, gone, { nodes, container }, patience))] };
  },

  'most-advanced': async ({ holds }, { drive }) => {
    const positions = holds.map(({ node, plan, step }) => ({
      node,
      position: heldPosition(drive.operation(), plan, step),
    }));
    return { positions, ahead: mostAdvanced(positions.map(numbered)) };
  },

  'none-further': async ({ holds }, { drive }) => {
    const operation = drive.operation();
    const from = mainTrack(operation)?.backOut?.node ?? operation.plan?.plan.backupHost ?? '';
    const positions = holds.map(({ node, step }) => ({
      node,
      position: positionHeld(operation, operation.track?.number ?? 0, step) ?? null,
    }));
    return { positions, from, further: further(from, positions.map(numbered)) };
  },

  'nobody-else-now': async ({ nodes, container }, { drive: { hosts }, patience }) => ({
    found: await othersAtWork(hosts, nodes, container, patience),
  }),

  'newer-full': async ({ after }, { drive }) => ({
    label: await newerFull(drive.journal, drive.operation().cloud, after),
  }),

  'service-back': async ({ node, container, address }, { drive, timeLimitMs }) => {
    let answer = await serviceBack(drive, node, container, address);
    const until = performance.now() + timeLimitMs;
    while (!(isMember(answer.node) && (address === null || answer.answeredBy !== null)) && performance.now() < until) {
      await sleep(AGAIN_MS, drive.signal);
      answer = await serviceBack(drive, node, container, address);
    }
    return answer;
  },

  'cluster-whole': async ({ nodes, container, is, not, gone }, { drive, timeLimitMs }) => {
    const look = async () => {
      const found = await statuses(drive, nodes, container);
      const told = found.map((one) => ({ node: one.node, status: one.answered ? one.status : null }));
      const why = wholeCluster(told, {
        ...(gone === undefined ? {} : { gone }),
        ...(is === null ? {} : { is }),
        ...(not === null ? {} : { not }),
      });
      if (why !== null) await progress(drive, why);
      return { nodes: found, why };
    };
    let answer = await look();
    const until = performance.now() + timeLimitMs;
    while (answer.why !== null && performance.now() < until) {
      await sleep(AGAIN_MS, drive.signal);
      answer = await look();
    }
    return answer;
  },

  'databases-as-shown': async ({ node, container, tried }, { drive, patience }) => {
    const { findings: trial } = demandReport(drive.operation(), tried.plan, tried.step, 'trial');
    const now = await patience(node.node, () => findingsOn(drive, node, container));
    const differing = now === null ? ['the databases did not answer'] : differsFromTrial(trial, now);
    return { differing: differing.slice(0, DIFFERING).map((one) => shorten(one, DIFFERING)) };
  },

  'synced-lines': async ({ nodes }, { drive }) => ({
    nodes: await Promise.all(
      nodes.map(async ({ node }) => ({
        node,
        lines: await drive.hosts
          .node(node)
          .run(SYNCED_LINES_COMMAND)
          .then(readSyncedLines, () => []),
      })),
    ),
  }),
};

type Drive = Context['drive'];

async function statuses(drive: Drive, nodes: readonly NodeRef[], container: string): Promise<NodeStatus[]> {
  return Promise.all(nodes.map((node) => galeraStatus(drive.hosts, node, container)));
}

const isMember = (status: NodeStatus) => status.answered && notMember(status.status) === null;

async function progress(drive: Drive, line: string): Promise<void> {
  await drive.notes.setProgress(drive.operation().id, { step: 'confirm', line, at: Date.now() }).catch(() => {});
}

async function serviceBack(
  drive: Drive,
  node: NodeRef,
  container: string,
  address: SqlAddress | null,
): Promise<AnswerTo<'service-back'>> {
  const status = await galeraStatus(drive.hosts, node, container);
  if (address === null || !isMember(status)) return { node: status, answeredBy: null };
  const argv = containers.sqlOverTcp(node, container, address, IDENTITY_STATEMENT);
  const outcome = await drive.hosts
    .node(node.node)
    .run(argv)
    .catch((error: unknown) => {
      if (error instanceof KollaBackupError) return null;
      throw error;
    });
  return { node: status, answeredBy: outcome === null ? null : (readIdentity(outcome)?.name ?? null) };
}

async function findingsOn(drive: Drive, node: NodeRef, container: string): Promise<Findings | null> {
  const outcome = await drive.hosts.node(node.node).run(findingsCommand(node, container));
  return outcome.code === 0 ? (parseFindings(outcome.stdout) ?? null) : null;
}

/** What the first node that is a full member says of the live databases; null where there is none. */
async function liveFindings(
  drive: Drive,
  nodes: readonly NodeRef[],
  container: string,
): Promise<(Omit<NonNullable<AnswerTo<'copy-belongs'>['live']>, 'findings'> & { findings: Findings }) | null> {
  const found = await statuses(drive, nodes, container);
  const member = found.find(isMember);
  const node = nodes.find((one) => one.node === member?.node);
  if (node === undefined || member?.answered !== true) return null;
  const findings = await findingsOn(drive, node, container).catch((error: unknown) => {
    if (error instanceof KollaBackupError) return null;
    throw error;
  });
  if (findings === null) return null;
  const { wsrep_cluster_state_uuid: uuid = '', wsrep_last_committed: seqno = '' } = member.status;
  const position = /^-?\d{1,19}$/.test(seqno) && uuid !== '' ? { uuid, seqno } : null;
  return { node: node.node, findings, position, lastWriteAt: lastWriteOf(drive, node.node) };
}

/** The newest binlog's time, as it was when the node was surveyed just before. */
function lastWriteOf(drive: Drive, node: string): number | null {
  return drive.operation().facts?.restore?.surveys.find((one) => one.node === node)?.lastWriteAt ?? null;
}

import { readIdentity } from '../kolla/backup-config.ts';
import { wholeCluster } from '../kolla/galera.ts';
import { shorten } from '../kolla/quoted.ts';
import { readSyncedLines, SYNCED_LINES_COMMAND } from '../kolla/synced-lines.ts';
import type { AnswerTo, CheckName } from '../operation/checks.ts';
import type { SqlAddress } from '../operation/restore-checks.ts';
import type { NodeRef, NodeStatus } from '../operation/shapes.ts';
import { isMember, isPrimary } from '../runbooks/cluster-seen.ts';
import { demandReport } from '../runbooks/reports.ts';
import { differsFromTrial } from '../runbooks/trial.ts';
import type { Askers, Context } from './asker.ts';
import { findingsOn, statuses } from './cluster-questions.ts';
import type { Drive } from './drive.ts';
import { ifAnswered, sleep } from './hosts.ts';
import { galeraStatus, identityAt } from './node-questions.ts';
import { standstill } from './standstill.ts';

/** How often what must become true is asked again (ms). */
const AGAIN_MS = 3_000;
/**
 * How long nodes may stand still before they count as left out, whatever time a state transfer would have (ms). One that
 * prepares what it was sent, or recovers its own files, says nothing meanwhile, and its donor is Synced again.
 */
const STILL_MS = 1_800_000;
/** The same while none says that it is Primary: there is nobody then from whom another could take its data. */
const LOST_MS = 120_000;
/** What a journal takes of differences: so many, of so many characters. */
const DIFFERING = 300;

/** How the checks are asked that show that a recovery has worked. */
export const confirmationAskers = {
  'service-back': ({ node, container, address }, context) =>
    untilGood(
      () => serviceBack(context.drive, node, container, address),
      (answer) => isMember(answer.node) && (address === null || answer.answeredBy !== null),
      context,
    ),

  'cluster-whole': ({ nodes, container, is, not, gone }, context) => {
    const wanted = {
      ...(gone === undefined ? {} : { gone }),
      ...(is === null ? {} : { is }),
      ...(not === null ? {} : { not }),
    };
    const look = async () => {
      const found = await statuses(context.drive.hosts, nodes, container);
      const told = found.map((one) => ({ node: one.node, status: one.answered ? one.status : null }));
      const why = wholeCluster(told, wanted);
      if (why !== null) await progress(context.drive, why);
      return { nodes: found, why };
    };
    const stays = staysSo();
    return untilGood(look, ({ why, nodes: found }) => why === null || stays(found), context);
  },

  'databases-as-shown': async ({ node, container, tried }, { drive, patience }) => {
    const { findings: trial } = demandReport(drive.operation(), tried.plan, tried.step, 'trial');
    const now = await patience(node.node, () => findingsOn(drive.hosts, node, container));
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
} satisfies Partial<Askers<CheckName>>;

/** Says at each look whether it is of no use to wait any longer for nodes that aren't whole. */
export function staysSo(now?: () => number): (found: readonly NodeStatus[]) => boolean {
  const [leftOut, lost] = [standstill(STILL_MS, now), standstill(LOST_MS, now)];
  return (found) => {
    const [long, short] = [leftOut(found), lost(found)];
    return long || (short && found.some(wasAsked) && !found.some(isPrimary));
  };
}

/** Where no host can be reached, it is this worker that is cut off. */
const wasAsked = (one: NodeStatus) => one.answered || one.problem.code === 'GALERA_UNKNOWN';

/** Asks again until the answer is good or the step's time is over; resolves with the last answer. */
async function untilGood<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  { drive, timeLimitMs }: Context,
): Promise<T> {
  let answer = await ask();
  const until = performance.now() + timeLimitMs;
  while (!isGood(answer) && performance.now() < until) {
    await sleep(AGAIN_MS, drive.signal);
    answer = await ask();
  }
  return answer;
}

async function progress(drive: Drive, line: string): Promise<void> {
  await drive.notes.setProgress(drive.operation().id, { step: 'confirm', line, at: Date.now() }).catch(() => {});
}

async function serviceBack(
  { hosts }: Drive,
  node: NodeRef,
  container: string,
  address: SqlAddress | null,
): Promise<AnswerTo<'service-back'>> {
  const status = await galeraStatus(hosts, node, container);
  if (address === null || !isMember(status)) return { node: status, answeredBy: null };
  const outcome = await ifAnswered(identityAt(hosts, node, container, address));
  return { node: status, answeredBy: outcome === null ? null : (readIdentity(outcome)?.name ?? null) };
}

import { BOOTSTRAP_PROCESS, TRANSFER_PROCESS } from '../kolla/containers.ts';
import { wholeCluster } from '../kolla/galera.ts';
import type { Code } from '../operation/catalogue.ts';
import type { Answered, Check, NodeStatus } from '../operation/checks.ts';
import { isPrimary } from '../runbooks/cluster-seen.ts';
import type { Drive } from './drive.ts';
import { sleep } from './hosts.ts';
import { galeraStatus, processesLike } from './node-questions.ts';
import { standstill } from './standstill.ts';

/**
 * A recovery that Ansible calls failed while Galera is well: its last task asks through the VIP, it waits five minutes
 * for a state transfer that takes ten. The nodes themselves say whether it came to what it was for.
 */

/** How often they are asked, and how long a cluster may stand still before it counts as it is (ms): a unit restarts after 11 s. */
const AGAIN_MS = 3_000;
const STILL_MS = 30_000;

/** Ends of a recovery that had begun its work; where it did nothing, or another node began, a whole cluster is another one. */
const DOUBTFUL: ReadonlySet<string> = new Set<Code>([
  'RECOVERY_FAILED',
  'RECOVERY_UNREACHABLE',
  'RECOVERY_UNCLEAR',
  'RECOVERY_LEFT_OUT',
]);

/** The answer as it is, or with its problem set aside where the nodes are one whole cluster. Waits while state moves. */
export async function overrule(drive: Drive, check: Check, answered: Answered, limitMs: number): Promise<Answered> {
  if (check.check !== 'playbook-ended' || answered.check !== 'playbook-ended') return answered;
  const { unlessWhole } = check;
  const { problem, recap } = answered.answer;
  if (unlessWhole === undefined || problem === null || !DOUBTFUL.has(problem.code)) return answered;
  const { nodes, container } = unlessWhole;
  const began = performance.now();
  let still = standstill(STILL_MS);
  for (;;) {
    const found = await Promise.all(nodes.map((node) => galeraStatus(drive.hosts, node, container)));
    const why = wholeCluster(found.map((one) => ({ node: one.node, status: one.answered ? one.status : null })));
    if (why === null) {
      // Kolla starts the first node anew, as a member and with its unit, only after all others are there.
      const bootstrapped = await runningOn(drive, nodes, BOOTSTRAP_PROCESS);
      const left = bootstrapped === null ? {} : { bootstrapped };
      return { check: answered.check, answer: { recap, problem: null, overruled: problem, ...left } };
    }
    // It says nothing while it prepares what it was sent, and its donor is Synced again by then. Without one nothing comes.
    const silent = found.some(isPrimary) ? found.filter((one) => !one.answered) : [];
    if ((await runningOn(drive, silent, TRANSFER_PROCESS)) !== null) still = standstill(STILL_MS);
    if (still(found) || performance.now() - began > limitMs) return answered;
    const line = `kolla-ansible has ended; its nodes are not whole yet: ${why}`;
    await drive.notes.setProgress(drive.operation().id, { step: 'recover', line, at: Date.now() }).catch(() => {});
    await sleep(AGAIN_MS, drive.signal);
  }
}

/** The first of these nodes on which such a process runs; null where none does, or none can be asked. */
async function runningOn(
  { hosts }: Drive,
  nodes: readonly Pick<NodeStatus, 'node'>[],
  pattern: RegExp,
): Promise<string | null> {
  const found = await Promise.all(
    nodes.map(({ node }) => processesLike(hosts.node(node), pattern, node).catch(() => [])),
  );
  return found.flat()[0]?.host ?? null;
}

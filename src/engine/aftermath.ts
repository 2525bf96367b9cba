import { KollaBackupError } from '../operation/catalogue.ts';
import type { NodeRef, VolumeEntry } from '../operation/checks.ts';
import { type JournaledProblem, latest, type Remains } from '../operation/operation.ts';
import type { Step } from '../operation/plan.ts';
import { freshAmong } from '../runbooks/freshness.ts';
import { listedBefore } from '../runbooks/judge.ts';
import type { Drive } from './drive.ts';
import { reportOverdue } from './follow.ts';
import { patiently, sleep } from './hosts.ts';
import { containerRuns, listVolume, playbookAmong } from './node-questions.ts';
import { untilSeen } from './patience.ts';
import { closeRuns, planOf, runOf } from './runs.ts';

/** How often what outlived its kolla-ansible is looked at (ms). */
const LOOK_MS = 5_000;

/**
 * Ends an operation that didn't work. What a killed kolla-ansible began goes on without it, so first that is waited
 * for, then what it left is listed: the cloud isn't given back before, however long its backup host can't be asked.
 */
export async function fail(drive: Drive, problem: JournaledProblem, changed: boolean): Promise<void> {
  const remains = changed ? await remainsOf(drive) : [];
  if (await drive.write({ type: 'failed', claim: drive.claim, problem, remains })) await closeRuns(drive);
}

async function remainsOf(drive: Drive): Promise<Remains> {
  const operation = drive.operation();
  const plan = planOf(operation);
  const started = plan.steps.find((step) => step.touches !== 'read' && latest(operation, step));
  const before = started ? listedBefore(operation, started.id) : null;
  const volume = started?.before.find((one) => one.check === 'archives-listed');
  const busy = started?.before.find((one) => one.check === 'nobody-else');
  if (!started || !before || !volume || !busy) return [];
  await untilPlaybookEnded(drive, started);
  const backupHost = volume.nodes.find(({ node }) => node === plan.backupHost);
  if (backupHost) await untilContainerEnded(drive, backupHost, busy.container);
  const found: { host: string; files: VolumeEntry[] | null }[] = [];
  for (const node of volume.nodes) {
    const marks = before.nodes.find((one) => one.node === node.node)?.marks ?? '';
    const files = await freshOn(drive, node, volume.volume, marks);
    if (files === null || files.length > 0) found.push({ host: node.node, files });
  }
  return found;
}

/** A kolla-ansible that was killed leaves its ansible-playbook, which goes on and may yet begin what it was asked for. */
export async function untilPlaybookEnded(drive: Drive, step: Step): Promise<void> {
  const operation = drive.operation();
  const sent = latest(operation, step);
  const name = runOf(operation, step, sent?.attempt ?? 1);
  const lives = async () => {
    const look = await drive.hosts.runs(step.host).look(name);
    const left = look.state === 'finished' ? look.left : look.state === 'orphaned' ? look.pids : [];
    return left.length > 0 && (await playbookAmong(drive.hosts.deploy, left));
  };
  while (await untilSeen(drive, step.host, lives)) {
    await show(drive, `Waiting for ansible-playbook on ${step.host}, which goes on`);
    if (sent !== undefined) await reportOverdue(drive, step, sent.startedAt);
    await sleep(LOOK_MS, drive.signal);
  }
}

async function untilContainerEnded(drive: Drive, node: NodeRef, container: string): Promise<void> {
  while (await untilSeen(drive, node.node, () => containerRuns(drive.hosts, node, container))) {
    await show(drive, `Waiting for the container ${container} on ${node.node}, which goes on`);
    await sleep(LOOK_MS, drive.signal);
  }
}

/** Files that weren't there before; null where the node can't be asked, which the card then says. */
async function freshOn(drive: Drive, node: NodeRef, volume: string, marks: string): Promise<VolumeEntry[] | null> {
  try {
    const { entries } = await patiently(drive.signal, () => listVolume(drive.hosts, node, volume));
    return freshAmong(entries, marks).slice(0, REMAINS_MAX);
  } catch (error) {
    if (!(error instanceof KollaBackupError)) throw error;
    drive.log.warn({ node: node.node, problem: error.problem }, 'what is left there is not known');
    return null;
  }
}

/** How many files that were left are named. */
const REMAINS_MAX = 100;

async function show(drive: Drive, line: string): Promise<void> {
  await drive.notes.setProgress(drive.operation().id, { step: 'aftermath', line, at: Date.now() }).catch(() => {});
}

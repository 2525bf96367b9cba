import { KollaBackupError } from '../operation/catalogue.ts';
import type { NodeRef, VolumeEntry } from '../operation/checks.ts';
import type { JournaledProblem, Remains } from '../operation/operation.ts';
import { listedBefore } from '../runbooks/judge.ts';
import { containerRuns, listVolume } from './askers.ts';
import { closeRuns } from './change.ts';
import type { Drive } from './drive.ts';
import { patiently, sleep } from './hosts.ts';

/** How often a container that outlived its kolla-ansible is looked at (ms). */
const LOOK_MS = 5_000;

/**
 * Ends an operation that didn't work. What a killed kolla-ansible started goes on on its node, so first that is waited
 * for, then what it left is listed: the cloud isn't given free before.
 */
export async function fail(drive: Drive, problem: JournaledProblem, changed: boolean): Promise<void> {
  const remains = changed ? await remainsOf(drive) : [];
  await closeRuns(drive);
  await drive.write({ type: 'failed', claim: drive.claim, problem, remains });
}

async function remainsOf(drive: Drive): Promise<Remains> {
  const started = drive.operation().plan?.plan.steps.find(({ touches }) => touches !== 'read');
  const before = started ? listedBefore(drive.operation(), started.id) : null;
  const volume = started?.before.find((one) => one.check === 'archives-listed');
  const busy = started?.before.find((one) => one.check === 'nobody-else');
  if (!started || !before || !volume || !busy) return [];
  const found: { host: string; files: VolumeEntry[] | null }[] = [];
  for (const node of volume.nodes) {
    const known = before.nodes.find((one) => one.node === node.node)?.entries ?? [];
    const files = await leftOn(drive, node, volume.volume, busy.container, known);
    if (files === null || files.length > 0) found.push({ host: node.node, files });
  }
  return found;
}

/** New or changed files of one node once its backup container is gone; null where it can't be asked. */
async function leftOn(
  drive: Drive,
  node: NodeRef,
  volume: string,
  container: string,
  known: readonly VolumeEntry[],
): Promise<VolumeEntry[] | null> {
  try {
    while (await patiently(drive.signal, () => containerRuns(drive.hosts, node, container))) {
      await drive.notes
        .setProgress(drive.operation().id, {
          step: 'aftermath',
          line: `Waiting for the container ${container} on ${node.node}, which goes on`,
          at: Date.now(),
        })
        .catch(() => {});
      await sleep(LOOK_MS, drive.signal);
    }
    const { entries } = await patiently(drive.signal, () => listVolume(drive.hosts, node, volume));
    return entries.filter(
      ({ path, bytes, modified }) =>
        !known.some((one) => one.path === path && one.bytes === bytes && one.modified === modified),
    );
  } catch (error) {
    if (error instanceof KollaBackupError) return null;
    throw error;
  }
}

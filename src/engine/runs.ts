import { runName } from '../operation/next.ts';
import { everDriven, type Operation, type Track } from '../operation/operation.ts';
import type { Plan, Step } from '../operation/plan.ts';
import type { StepName } from '../operation/run-directory.ts';
import { madeDirectories, removal } from '../runbooks/without.ts';
import type { Drive } from './drive.ts';
import { forgetOld } from './forget.ts';
import { patiently } from './hosts.ts';

/** The plan of an operation that has one; a step is never driven without. */
export function planOf(operation: Operation): Plan {
  if (operation.plan === null) throw new TypeError(`${operation.id} has no plan`);
  return operation.plan.plan;
}

/** The track that is driven. */
export function trackOf(operation: Operation): Track {
  if (operation.track === null) throw new TypeError(`${operation.id} drives nothing`);
  return operation.track;
}

/** The plan that an event is about, and its digest. */
export function aboutPlan({ plan }: Operation): { plan: number; digest: string } {
  if (plan === null) throw new TypeError('no plan');
  return { plan: plan.plan.number, digest: plan.digest };
}

/** Where one attempt at a step stands in its host's run directories. */
export function runOf(operation: Operation, step: Step, attempt: number): StepName {
  return { operation: operation.id, plan: String(trackOf(operation).number), step: runName(step.id, attempt) };
}

/** The tracks that something was sent for, and the hosts of each. */
function sentTracks(operation: Operation): readonly { readonly number: number; readonly hosts: ReadonlySet<string> }[] {
  return everDriven(operation)
    .filter(({ attempts }) => attempts.size > 0)
    .map(({ track: { number, steps } }) => ({
      number,
      hosts: new Set(steps.filter(({ program }) => program !== null).map(({ host }) => host)),
    }));
}

/**
 * Ends every track on a host that the present one replaces, so that nothing of it can begin there any more, before
 * anything of the present one starts there. The steps that still run, for which it wasn't ended; `evenIfRunning` ends
 * it all the same.
 */
export async function closeReplaced(drive: Drive, host: string, evenIfRunning: boolean): Promise<readonly string[]> {
  const operation = drive.operation();
  const running: string[] = [];
  for (const number of new Set(sentTracks(operation).map((one) => one.number))) {
    if (!isReplaced(operation, number)) continue;
    const plan = { operation: operation.id, plan: String(number) };
    const closed = await patiently(drive.signal, () => drive.hosts.runs(host).close(plan, { evenIfRunning }));
    if (closed.state === 'running') running.push(...closed.running);
  }
  return running;
}

/** A plan is replaced by a later one, and every track by a way back or a clearing; a remedy lets its plan go on. */
function isReplaced(operation: Operation, number: number): boolean {
  const { kind, backOut, number: now } = trackOf(operation);
  const goesOn = kind === 'plan' || backOut?.leads === 'resume';
  return goesOn ? number < planOf(operation).number : number !== now;
}

/**
 * Ends all tracks on every host where a program of them may have been sent, so that nothing of them can begin any more.
 * Only after the operation's end is in the journal: the one who takes over must find the plan open. Then these hosts
 * forget what is old.
 */
export async function closeRuns(drive: Drive): Promise<void> {
  const operation = drive.operation();
  const told = new Set<string>();
  for (const { number, hosts } of sentTracks(operation)) {
    const plan = { operation: operation.id, plan: String(number) };
    for (const host of hosts) {
      await drive.hosts
        .runs(host)
        .close(plan)
        .then((closed) => {
          told.add(host);
          if (closed.running.length > 0)
            drive.log.warn({ ...plan, host, running: closed.running }, 'something of an ended plan still runs');
        })
        .catch((error: unknown) =>
          drive.log.warn({ ...plan, host, error: String(error) }, 'its run directory stays open'),
        );
    }
  }
  await removeInventories(drive);
  await forgetOld(drive, told);
}

/** No secret that Ansible decrypted into an inventory outlives the operation that needed it. */
async function removeInventories(drive: Drive): Promise<void> {
  for (const directory of madeDirectories(drive.operation())) {
    const left = await drive.hosts.deploy.run(removal(directory)).then(
      ({ code, stderr }) => (code === 0 ? null : stderr),
      (error: unknown) => String(error),
    );
    if (left !== null) drive.log.warn({ operation: drive.operation().id, directory, left }, 'an inventory stays there');
  }
}

/** The same once the operation has ended. Resolves with true: a move was made. */
export async function closeIfEnded(drive: Drive): Promise<true> {
  if (drive.operation().end) await closeRuns(drive);
  return true;
}

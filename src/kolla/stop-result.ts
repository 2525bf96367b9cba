import type { Problem } from '../operation/catalogue.ts';
import type { Status } from './ansible-events.ts';
import { lost, whyLost } from './ansible-failures.ts';
import type { AnsibleRun } from './ansible-run.ts';
import { cliRefusal, type Exit, matchedNobody } from './cli-refusal.ts';
import { quoteHost, shorten } from './quoted.ts';

/**
 * What a run of `stop --tags mariadb` did. It gathers facts of every host of the cloud first, so its exit code tells
 * of all of them: it is 4 where a compute host is off though MariaDB was stopped, and 0 where nothing was. Even a good
 * result isn't proof: a container that its unit is about to start again counts as stopped already.
 */
export type StopResult =
  | {
      readonly kind: 'stopped';
      /** The nodes on which this run stopped something; the others were stopped before, or have no container. */
      readonly changed: readonly string[];
      /** Hosts that are no nodes and that failed or couldn't be reached. */
      readonly others: readonly string[];
    }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** The task's name up to release 21, and from 22 on. */
const STOP_TASK = /^service-stop : Stopping (?:mariadb containers|containers for mariadb)$/;

/** A cloud that is down may have lost a container: there is nothing to stop there, and Kolla calls it a failure. */
const NO_CONTAINER = /^No such container: \S+ to stop/;

const REACHED: readonly (Status | undefined)[] = ['ok', 'changed'];

/** Judges a run by what `nodes` (names of the inventory) reported. */
export function judgeStop(run: AnsibleRun, exit: Exit, nodes: readonly string[]): StopResult {
  const refusal = cliRefusal(run, exit);
  if (refusal !== undefined) return matchedNobody(run) ? didNothing(exit, nodes) : failed(refusal);
  const { recap } = run;
  if (recap === undefined) return failed({ code: 'STOP_UNCLEAR', params: { ended: ending(exit) } });
  const bare = nodes.filter((node) => hasNoContainer(run, node));
  const wanted = nodes.filter((node) => !bare.includes(node));
  const loss = whyLost(run, wanted);
  if (loss?.kind === 'unreachable') {
    return failed({ code: 'STOP_UNREACHABLE', params: { hosts: shorten(loss.hosts.join(', ')), said: loss.said } });
  }
  if (loss !== undefined) {
    const params = { host: quoteHost(loss.host), task: quoteHost(loss.task), said: loss.said };
    return failed({ code: 'STOP_FAILED', params });
  }
  const status = (node: string) => run.tasks.find(({ name }) => STOP_TASK.test(name))?.results.get(node)?.status;
  const left = wanted.filter((node) => !recap.has(node) || !REACHED.includes(status(node)));
  if (left.length > 0 || nodes.length === 0) return didNothing(exit, left);
  const changed = nodes.filter((node) => status(node) === 'changed');
  const others = [...recap.keys()].filter((host) => !nodes.includes(host) && lost(run, host));
  return { kind: 'stopped', changed, others };
}

function hasNoContainer(run: AnsibleRun, node: string): boolean {
  const failures = run.failures.filter(({ host, ignored }) => host === node && !ignored);
  return (
    failures.length > 0 &&
    failures.every(({ task, details }) => STOP_TASK.test(task) && NO_CONTAINER.test(details?.msg ?? ''))
  );
}

const failed = (problem: Problem): StopResult => ({ kind: 'failed', problem });

/** How a process ended, for a sentence. */
export const ending = ({ code, signal }: Exit): string =>
  code === null ? `signal ${signal ?? 'unknown'}` : `code ${code}`;

function didNothing(exit: Exit, nodes: readonly string[]): StopResult {
  return failed({ code: 'STOP_DID_NOTHING', params: { ended: ending(exit), hosts: shorten(nodes.join(', ')) } });
}

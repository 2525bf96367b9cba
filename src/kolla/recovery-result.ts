import type { Code, Params, Problem } from '../operation/catalogue.ts';
import { whyLost } from './ansible-failures.ts';
import type { AnsibleRun } from './ansible-run.ts';
import { cliRefusal, type Exit, matchedNobody } from './cli-refusal.ts';
import { quoteHost, shorten } from './quoted.ts';
import { ending } from './stop-result.ts';

/**
 * What a run of `mariadb_recovery` with a named host did, as far as Ansible can tell. It ends with 0 when the name fits
 * no host and nothing was done, and when a node was left out of the cluster at the end: the nodes themselves must be
 * asked in any case.
 */
export type RecoveryResult =
  | { readonly kind: 'recovered'; readonly bootstrapped: true }
  | {
      readonly kind: 'failed';
      readonly problem: Problem;
      /** Whether the first node was started as a new cluster; null where the run didn't come to say. */
      readonly bootstrapped: boolean | null;
    };

const BOOTSTRAP_TASK = 'mariadb : Starting first MariaDB container';

/** Judges a run by what `nodes` reported; `host` is the node that was to start the cluster (names of the inventory). */
export function judgeRecovery(
  run: AnsibleRun,
  exit: Exit,
  { nodes, host }: { readonly nodes: readonly string[]; readonly host: string },
): RecoveryResult {
  const bootstrapped = wasBootstrapped(run);
  const failed = (code: Code, params: Params, begun = bootstrapped): RecoveryResult => ({
    kind: 'failed',
    problem: { code, params },
    bootstrapped: begun,
  });
  const didNothing = () => failed('RECOVERY_DID_NOTHING', { ended: ending(exit), host: quoteHost(host) }, false);

  const refusal = cliRefusal(run, exit);
  if (refusal !== undefined) return matchedNobody(run) ? didNothing() : failed(refusal.code, refusal.params, false);
  const { recap } = run;
  if (recap === undefined) return failed('RECOVERY_UNCLEAR', { ended: ending(exit) });
  const loss = whyLost(run, nodes);
  if (loss?.kind === 'unreachable') {
    return failed('RECOVERY_UNREACHABLE', { hosts: shorten(loss.hosts.join(', ')), said: loss.said });
  }
  if (loss !== undefined) {
    return failed('RECOVERY_FAILED', { host: quoteHost(loss.host), task: quoteHost(loss.task), said: loss.said });
  }
  if (bootstrapped !== true) return didNothing();
  const first = bootstrapHosts(run, 'changed');
  if (first.join() !== host) {
    return failed('RECOVERY_OTHER_HOST', { host: quoteHost(host), hosts: shorten(first.join(', ')) });
  }
  const missing = nodes.filter((node) => !recap.has(node));
  if (missing.length > 0) return failed('RECOVERY_LEFT_OUT', { hosts: shorten(missing.join(', ')) });
  return { kind: 'recovered', bootstrapped: true };
}

/** Some releases run through the task list twice, skipping it the first time. */
function bootstrapHosts(run: AnsibleRun, status: 'changed' | 'failed' | 'unreachable'): string[] {
  const tasks = run.tasks.filter(({ name }) => name === BOOTSTRAP_TASK);
  const hosts = tasks.flatMap(({ results }) => [...results].filter(([, result]) => result.status === status));
  return [...new Set(hosts.map(([host]) => host))];
}

/** A container whose start failed, or whose host was lost meanwhile, may run all the same. */
function wasBootstrapped(run: AnsibleRun): boolean | null {
  if (bootstrapHosts(run, 'changed').length > 0) return true;
  const unsure = [...bootstrapHosts(run, 'failed'), ...bootstrapHosts(run, 'unreachable')].length > 0;
  return unsure || run.recap === undefined ? null : false;
}

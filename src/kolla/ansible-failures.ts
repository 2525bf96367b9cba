import type { AnsibleRun, Failure } from './ansible-run.ts';
import { quote } from './backup-failures.ts';

/** Which hosts a run lost, and why: common to every judgement of a run. */

/** Whether the run ended badly on a host: a failure that a playbook rescued counts as none in the recap. */
export function lost(run: AnsibleRun, host: string): boolean {
  const counts = run.recap?.get(host);
  return counts === undefined || counts.failed + counts.unreachable > 0;
}

/** Each once, in the order in which they were lost. */
export function unreachableHosts(failures: readonly Failure[]): string[] {
  return [...new Set(failures.filter(({ unreachable }) => unreachable).map(({ host }) => host))];
}

/** What ended a run on its hosts. */
type Loss =
  | { readonly kind: 'unreachable'; readonly hosts: readonly string[]; readonly said: string }
  | { readonly kind: 'failed'; readonly host: string; readonly task: string; readonly said: string };

/**
 * Why the run ended badly on one of `hosts`. Unreachable hosts come first: other tasks then fail for want of those
 * hosts' facts, in misleading words.
 */
export function whyLost(run: AnsibleRun, hosts: readonly string[]): Loss | undefined {
  const all = run.failures.filter(({ host, ignored }) => !ignored && lost(run, host));
  const failures = all.filter(({ host }) => hosts.includes(host));
  const gone = unreachableHosts(failures);
  const failure = failures.find(({ unreachable }) => unreachable === gone.length > 0);
  if (failure === undefined) return tooLong(run, hosts);
  const { host, task, details, unreachable } = failure;
  const last = details?.stderr.at(-1) ?? details?.stdout.at(-1) ?? '';
  const said = quote([details?.msg ?? 'it gave no reason', last].filter((part) => part !== '').join('; '));
  return unreachable ? { kind: 'unreachable', hosts: gone, said } : { kind: 'failed', host, task, said };
}

/** A host that the recap counts as failed though no line says why: such a line can be longer than what is kept. */
function tooLong(run: AnsibleRun, hosts: readonly string[]): Loss | undefined {
  const host = hosts.find((one) => run.recap?.has(one) && lost(run, one));
  return host === undefined
    ? undefined
    : { kind: 'failed', host, task: 'unknown', said: 'its report was too long to be kept' };
}

import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import type { Command, Host } from '../operation/host.ts';
import type { Operation } from '../operation/operation.ts';
import type { Step } from '../operation/plan.ts';
import type { Drive } from './drive.ts';

/** How often the nodes are looked at while a playbook works on them, and how long one may take to answer (ms). */
const LOOK_MS = 20_000;
const ANSWER_MS = 5_000;
/** How many looks in a row a node must miss before people are told: a network may stumble. */
const MISSES = 3;
/** How much younger than the step a node's init must be before it counts as started anew (ms). */
const SLACK_MS = 5_000;

/** Seconds since the init of the node began. Not /proc/uptime, which in a container is another machine's. */
const AGE: Command = { argv: ['ps', '-o', 'etimes=', '-p', '1'], timeoutMs: ANSWER_MS, privileged: false };

/** What one look at a node found: how long it has been on (ms), that it didn't answer, or nothing usable. */
export type Sight = { readonly ageMs: number } | 'silent' | 'unknown';

/** Asks a node how long it has been on. Rejects only with what is a mistake of our own. */
export async function sightOf(node: Host): Promise<Sight> {
  try {
    const { code, stdout } = await node.run(AGE);
    const seconds = Number.parseInt(stdout, 10);
    return code === 0 && Number.isInteger(seconds) ? { ageMs: seconds * 1_000 } : 'unknown';
  } catch (error) {
    if (error instanceof KollaBackupError) return 'silent';
    throw error;
  }
}

/** What to journal of a sight: that people are needed, that it is over, or nothing. */
export type News = { readonly attention: Problem } | 'eased' | null;

/**
 * What is new about `host` by its latest sights, the oldest first, `elapsedMs` after the step began. Attention for
 * something else is left alone: an operation has one at a time.
 */
export function newsOf(
  host: string,
  sights: readonly Sight[],
  { attention, step, elapsedMs }: Pick<Operation, 'attention'> & { readonly step: string; readonly elapsedMs: number },
): News {
  const told = attention?.problem.params['host'] === host ? attention.problem.code : null;
  if (attention !== null && told !== 'NODE_FELL_SILENT') return null;
  const last = sights.at(-1);
  if (last === undefined || last === 'unknown') return null;
  if (last === 'silent') {
    const missed = sights.length >= MISSES && sights.slice(-MISSES).every((sight) => sight === 'silent');
    if (told !== null || !missed) return null;
    const seconds = String((MISSES * LOOK_MS) / 1_000);
    return { attention: { code: 'NODE_FELL_SILENT', params: { host, step, seconds } } };
  }
  if (last.ageMs < elapsedMs - SLACK_MS) return { attention: { code: 'NODE_RESTARTED', params: { host, step } } };
  return told === null ? null : 'eased';
}

/**
 * Watches the nodes while a playbook works on them: Kolla's recovery waits a quarter of an hour for a node that lost its
 * power before it fails, and people should know at once. To be called at every look at the step; asks now and then.
 */
export function watchNodes(drive: Drive, step: Step, startedAt: number): () => Promise<void> {
  const { plan, gone } = drive.operation();
  const names = (plan?.plan.nodes ?? [])
    .map(({ name }) => name)
    .filter((name) => gone.every((one) => one.host !== name));
  const sights = new Map<string, readonly Sight[]>(names.map((name) => [name, []]));
  let next = performance.now() + LOOK_MS;
  return async () => {
    if (performance.now() < next) return;
    next = performance.now() + LOOK_MS;
    const seen = await Promise.all(names.map(async (name) => [name, await sightOf(drive.hosts.node(name))] as const));
    for (const [name, sight] of seen) {
      const latest = [...(sights.get(name) ?? []), sight].slice(-MISSES);
      sights.set(name, latest);
      await tell(drive, newsOf(name, latest, about(drive, step, startedAt)));
    }
  };
}

function about(drive: Drive, { title }: Step, startedAt: number) {
  return { attention: drive.operation().attention, step: title, elapsedMs: Date.now() - startedAt };
}

async function tell(drive: Drive, news: News): Promise<void> {
  if (news === null) return;
  const { claim } = drive;
  await drive.write(
    news === 'eased' ? { type: 'eased', claim } : { type: 'attention', claim, problem: news.attention },
  );
}

import type { Cloud } from '../../lab/cloud-type.ts';
import { liveChecksums } from '../../lab/mini/open-archive.ts';
import { CLOUD, type Stack } from '../../lab/stack.ts';
import type { OperationEvent } from '../../src/operation/events.ts';
import { newId } from '../../src/operation/ids.ts';
import type { Journal, JournalRead } from '../../src/operation/journal.ts';
import { highestNumber, type Operation } from '../../src/operation/operation.ts';
import type { Wake } from '../../src/operation/ports.ts';
import { provenBy } from '../../src/runbooks/proven.ts';
import { heldPosition } from '../../src/runbooks/reports.ts';
import { latest } from './latest.ts';
import type { Scene } from './story.ts';
import { until } from './until.ts';

/** People and the bot of a restore, without Slack: what they would write into the journal. */

export const ALICE = 'U0ALICE';
export const BOB = 'U0BOB';

export async function read(journal: Journal, id: string): Promise<Operation> {
  return sound(await journal.read(id));
}

function sound(found: JournalRead): Operation {
  if (found.state !== 'sound') throw new Error(`the journal is ${JSON.stringify(found).slice(0, 2000)}`);
  return found.operation;
}

export async function untilIs(
  journal: Journal,
  id: string,
  wanted: (operation: Operation) => boolean,
  what: string,
  limitMs = 180_000,
): Promise<Operation> {
  let last = '';
  const look = latest(journal, id);
  const found = await until(
    async () => {
      const operation = sound(await look());
      last = outline(operation);
      if (process.env['SHOW']) show(last);
      const lost = operation.end !== null || operation.attention?.problem.code === 'ATTENTION_UNEXPECTED';
      return wanted(operation) || lost ? operation : null;
    },
    what,
    limitMs,
  ).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${why}; it is at ${last}`);
  });
  if (!wanted(found)) throw new Error(`it is not so: ${what}: ${JSON.stringify(found.end ?? found.attention)}`);
  return found;
}

function outline({ head, attention, track, attempts, end }: Operation): string {
  const steps = [...attempts].map(([id, all]) => `${id}:${all.at(-1)?.end?.outcome ?? '…'}`).join(' ');
  const problem = attention === null ? '' : JSON.stringify(attention.problem);
  return `${head.seq} track ${track?.number ?? '-'} ${steps} ${problem} ${end?.how ?? ''}`;
}

let shown = '';
function show(line: string): void {
  if (line !== shown) console.log(new Date().toISOString().slice(11, 19), line);
  shown = line;
}

/** Appends what somebody says, decided anew while others write. */
export async function say(
  journal: Journal,
  id: string,
  saying: (operation: Operation) => OperationEvent,
): Promise<Operation> {
  for (;;) {
    const said = await journal.append(await read(journal, id), saying(await read(journal, id)), {});
    if (said.answer === 'appended') return said.operation;
    if (said.answer !== 'moved') throw new Error(JSON.stringify(said));
  }
}

export async function ask(
  journal: Journal,
  wish: Extract<OperationEvent, { type: 'requested' }>['wish'],
  cloud: string,
): Promise<string> {
  const event = { type: 'requested', cloud, wish, by: ALICE, place: null } as const;
  const terms =
    wish.kind === 'backup' ? ({ own: 'take' } as const) : wish.kind === 'restore' ? ({ single: 'take' } as const) : {};
  const said = await journal.request(newId(), event, terms);
  if (said.answer !== 'appended') throw new Error(JSON.stringify(said));
  return said.operation.id;
}

const about = ({ plan }: Operation) => ({ plan: plan?.plan.number ?? 0, digest: plan?.digest ?? '' });

/** The plan is shown, Bob approves it, and that it begins is told. */
export async function approve(journal: Journal, id: string): Promise<void> {
  await say(journal, id, (operation) => ({ type: 'announced', what: 'plan', ...about(operation), eligible: [] }));
  await say(journal, id, (operation) => ({ type: 'approved', by: BOB, ...about(operation) }));
  await say(journal, id, (operation) => ({
    type: 'announced',
    what: 'execution',
    ...about(operation),
    eligible: [BOB],
  }));
}

export const waitsForPeople = ({ plan, consent }: Operation) =>
  plan?.plan.approval != null && consent.announcedAt === null;

/** A full backup by a worker that runs: the path of its archive, and what it holds. */
export async function archived(
  { journal }: Pick<Scene, 'journal'>,
  { cloud }: Stack<Cloud>,
  wake: Pick<Wake, 'drive'>,
): Promise<{ readonly path: string; readonly before: ReadonlyMap<string, string> }> {
  const [node] = cloud.nodes;
  const backup = await ask(journal, { kind: 'backup', type: 'full' }, CLOUD);
  await wake.drive(backup);
  const taken = provenBy(await untilIs(journal, backup, ({ end }) => end?.how === 'succeeded', 'a backup'));
  if (taken === null) throw new Error('a backup without an archive');
  return { path: taken.path, before: await liveChecksums(node) };
}

/** Alice asks for a restore of that archive; its id. */
export function askRestore(journal: Journal, path: string, without: readonly string[] = []): Promise<string> {
  const archive = { path, node: null, sha256: null };
  const rest = without.length === 0 ? {} : { without: [...without] };
  return ask(journal, { kind: 'restore', archive, reason: 'tenants were deleted', olderSchemas: true, ...rest }, CLOUD);
}

/** Bob starts one of the offered back-outs. */
export async function backOut(journal: Journal, id: string, name: string): Promise<void> {
  await say(journal, id, (operation) => ({
    type: 'backing_out',
    by: BOB,
    plan: operation.plan?.plan.number ?? 0,
    backOut: name,
    number: highestNumber(operation) + 1,
  }));
}

/** The way back from the node that had most of the old data, by what the holds had read. */
export function mostAdvanced(operation: Operation): string {
  const plan = operation.plan?.plan;
  const seqnos = (plan?.nodes ?? []).map((_, index) =>
    Number(heldPosition(operation, plan?.number ?? 0, `hold-${index + 1}`)?.seqno ?? -1),
  );
  return `way-back.${seqnos.indexOf(Math.max(...seqnos)) + 1}`;
}

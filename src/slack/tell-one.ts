import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationEvent } from '../operation/events.ts';
import type { Operation } from '../operation/operation.ts';
import { logTail } from './cards/notices.ts';
import { planFile } from './cards/plan-file.ts';
import type { Milestone } from './cards/replies.ts';
import { headIn, headMark, isNotice, noticeMark } from './heads.ts';
import type { Message } from './limits.ts';
import { planPieces } from './plan-pieces.ts';
import { carries, type Desk, inThread, once, prolong } from './posting.ts';
import type { ProjectorParts } from './projector-parts.ts';
import { tail } from './text.ts';
import { type Attachment, ROOT_GONE, type ThreadDoor } from './thread.ts';
import { troubleOf } from './web.ts';

/** The most of a log that is attached, in characters. */
const LOG_MAX = 262_144;
/**
 * The pauses in which a file is looked for in its thread, in ms. Slack shares it some time after the upload was
 * answered, and now and then never; what follows must not stand above it, nor without it.
 */
const APPEARS_MS = [0, 500, 1_000, 2_000, 4_000, 4_000] as const;
/** What is said instead of Slack's word where it gave none. */
const NOT_THERE = 'it did not appear';

/** One event, the operation just after it, and what is said of it. */
type Telling = { readonly event: OperationEvent; readonly operation: Operation; readonly told: Milestone };

/** Posts one milestone, and the file that goes with it: a log, or the whole plan that people are to approve. */
export async function tellOne(
  parts: Pick<ProjectorParts, 'door' | 'notes'>,
  desk: Desk,
  { event, operation, told }: Telling,
): Promise<void> {
  const { door } = parts;
  const { seq, hash } = operation.head;
  const fileKey = `file:${seq}`;
  if (!isAt(desk, fileKey))
    await inThread(desk, (root) =>
      once(desk, `seq:${seq}`, {
        arrived: async () =>
          carries(await door.own(desk.state.channel, root), (one) => {
            const head = headIn(one, desk.id);
            // The hash too: another record of that number, of a journal that was lost, is another message.
            return head?.seq === seq && head.hash === hash;
          }),
        send: () => door.post(desk.state.channel, root, told.message, headMark(desk.id, operation.head)),
      }),
    );
  const file = await fileOf(parts, desk, { event, operation, told });
  if (file !== null) await tellFile(door, desk, file, fileKey);
}

/** Whether the last sending that was begun is this file's, or one of its pieces. */
function isAt({ state: { posting } }: Desk, fileKey: string): boolean {
  return posting === fileKey || posting?.startsWith(`${fileKey}:`) === true;
}

type File = Attachment & {
  /** What is posted instead where files are forbidden; `why` is Slack's word. */
  readonly pieces: (why: string) => readonly Message[];
};

async function fileOf(
  { notes }: Pick<ProjectorParts, 'notes'>,
  desk: Desk,
  { event, operation, told: { log: run } }: Telling,
): Promise<File | null> {
  if (event.type === 'planned' && event.plan.approval !== null) {
    const file = planFile(operation);
    return { ...file, pieces: () => planPieces(file.title, file.text) };
  }
  const text = run === null ? null : await notes.log(desk.id, run);
  if (run === null || text === null || text.trim() === '') return null;
  return {
    name: `${operation.label}-${run}.log`,
    title: `Log of ${run}`,
    text: tail(text, LOG_MAX),
    pieces: (why) => [logTail(run, text, why)],
  };
}

/** Attaches a file once, or posts its pieces, each once. The key of a piece that was begun says where to go on. */
async function tellFile(door: ThreadDoor, desk: Desk, { name, title, text, pieces }: File, key: string): Promise<void> {
  const forbidden = await attached();
  if (forbidden === null) return;
  const all = pieces(forbidden);
  for (let index = begun(); index < all.length; index += 1) {
    const piece = all[index];
    if (piece === undefined) return;
    const mark = `${key}:${index}`;
    await inThread(desk, (root) =>
      once(desk, mark, {
        arrived: async () => carries(await door.own(desk.state.channel, root), (one) => isNotice(one, desk.id, mark)),
        send: () => door.post(desk.state.channel, root, piece, noticeMark(desk.id, mark)),
      }),
    );
  }

  /** The piece that was begun last. */
  function begun(): number {
    const last = desk.state.posting?.startsWith(`${key}:`) ? Number(desk.state.posting.slice(key.length + 1)) : 0;
    return Number.isInteger(last) ? last : 0;
  }

  async function stands(root: string): Promise<boolean> {
    return (await door.own(desk.state.channel, root)).some(({ files }) => files.includes(name));
  }

  /** Null when the file is there; why not when it isn't. */
  async function attached(): Promise<string | null> {
    if (desk.state.posting?.startsWith(`${key}:`)) return 'forbidden';
    let forbidden: string | null = null;
    await inThread(desk, async (root) => {
      await once(desk, key, {
        arrived: () => stands(root),
        send: async () => {
          try {
            await door.attach(desk.state.channel, root, [{ name, title, text }], title);
          } catch (error) {
            const trouble = troubleOf(error);
            if (trouble.kind !== 'refused' || ROOT_GONE.has(trouble.error)) throw error;
            forbidden = trouble.error;
          }
        },
      });
      if (forbidden === null && !(await appears(root))) forbidden = NOT_THERE;
    });
    return forbidden;
  }

  /** Whether the file comes to stand in its thread. Where Slack doesn't let us look, its answer is believed. */
  async function appears(root: string): Promise<boolean> {
    for (const pause of APPEARS_MS) {
      await sleep(pause);
      await prolong(desk);
      try {
        if (await stands(root)) return true;
      } catch (error) {
        const trouble = troubleOf(error);
        if (trouble.kind !== 'refused' || ROOT_GONE.has(trouble.error)) throw error;
        return true;
      }
    }
    return false;
  }
}

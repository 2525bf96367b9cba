import type { Operation } from '../operation/operation.ts';
import type { Milestone } from './cards/milestones.ts';
import { logTail } from './cards/notices.ts';
import { headIn, headMark, isNotice, noticeMark } from './heads.ts';
import { carries, type Desk, inThread, once } from './posting.ts';
import type { ProjectorParts } from './projector.ts';
import { tail } from './text.ts';
import { ROOT_GONE } from './thread.ts';
import { troubleOf } from './web.ts';

/** The most of a log that is attached, in characters. */
const LOG_MAX = 262_144;

/** Posts one milestone, and the log that goes with it. */
export async function tellOne(
  { door, notes }: Pick<ProjectorParts, 'door' | 'notes'>,
  desk: Desk,
  operation: Operation,
  told: Milestone,
): Promise<void> {
  const { seq, hash } = operation.head;
  const logKey = `log:${seq}`;
  if (desk.state.posting !== logKey)
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
  if (told.log !== null) await tellLog({ door, notes }, desk, operation, told.log, logKey);
}

async function tellLog(
  { door, notes }: Pick<ProjectorParts, 'door' | 'notes'>,
  desk: Desk,
  operation: Operation,
  run: string,
  key: string,
): Promise<void> {
  const text = await notes.log(desk.id, run);
  if (text === null || text.trim() === '') return;
  const name = `${operation.label}-${run}.log`;
  await inThread(desk, (root) =>
    once(desk, key, {
      arrived: async () => {
        const own = await door.own(desk.state.channel, root);
        return own.some(({ files }) => files.includes(name)) || carries(own, (one) => isNotice(one, desk.id, key));
      },
      send: async () => {
        try {
          const title = `Log of ${run}`;
          await door.attach(desk.state.channel, root, [{ name, title, text: tail(text, LOG_MAX) }], title);
        } catch (error) {
          const trouble = troubleOf(error);
          if (trouble.kind !== 'refused' || ROOT_GONE.has(trouble.error)) throw error;
          const shown = logTail(run, text, trouble.error);
          await door.post(desk.state.channel, root, shown, noticeMark(desk.id, key));
        }
      },
    }),
  );
}

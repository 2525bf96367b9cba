import type { Wish } from '../operation/events.ts';
import { newId, personId } from '../operation/ids.ts';
import type { Terms } from '../operation/journal.ts';
import type { Operation } from '../operation/operation.ts';
import { requestedCard } from './cards/answers.ts';
import type { Message } from './limits.ts';
import { type Asked, type Office, readSound, refuse, ring, whereIs } from './office.ts';

/** What a wish needs of the cloud: a backup owns it at once, a restore or discard is the only one that is open. */
const TERMS = {
  backup: { own: 'take' },
  restore: { single: 'take' },
  discard: { single: 'take' },
} as const satisfies Record<Wish['kind'], Terms>;

/** Writes a request, once for each click, command or form, and answers who asked; whether they may was asked before. */
export async function request(office: Office, asked: Asked, cloud: string, wish: Wish): Promise<Message> {
  const channel = office.clouds[cloud]?.channel;
  const place = channel === undefined ? null : { channel };
  const event = { type: 'requested', cloud, wish, by: personId.parse(asked.by), place } as const;
  const said = await office.journal.request(newId(), event, { ...TERMS[wish.kind], once: `slack:${asked.trigger}` });
  switch (said.answer) {
    case 'appended':
      await ring(office, said.operation.id, ['project', 'drive']);
      return requestedCard(said.operation, await whereIs(office, said.operation), await weakness(office));
    case 'duplicate': {
      const { operation } = await readSound(office, said.of, said.of);
      return requestedCard(operation, await whereIs(office, operation), await weakness(office));
    }
    case 'owned':
      return refuse('CLOUD_BUSY', { cloud, label: await labelOf(office, said.by) });
    case 'another':
      return refuse('RESTORE_OPEN', { cloud, label: await labelOf(office, said.by) });
    case 'clock':
      return refuse('JOURNAL_CLOCK');
    default:
      return refuse('JOURNAL_CONTENDED', { label: cloud, tries: '1' });
  }
}

/** Not known where Redis is away: what was written stands, and is answered. */
const weakness = ({ durable }: Office) => durable().catch(() => null);

async function labelOf(office: Office, id: string): Promise<string> {
  const read = await office.journal.read(id);
  return read.state === 'sound' ? read.operation.label : id;
}

/** A cloud's newest operations; null where a journal can't be followed. */
export async function newest(
  { journal }: Pick<Office, 'journal'>,
  cloud: string,
  limit: number,
): Promise<readonly { readonly id: string; readonly at: number; readonly operation: Operation | null }[]> {
  const listed = await journal.recent(limit, cloud);
  return Promise.all(
    listed.map(async ({ id, at }) => {
      const read = await journal.read(id);
      return { id, at, operation: read.state === 'sound' ? read.operation : null };
    }),
  );
}

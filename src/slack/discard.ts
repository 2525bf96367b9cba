import { keptBy } from '../operation/kept.ts';
import type { Operation } from '../operation/operation.ts';
import type { Kept } from './cards/answers.ts';
import { archiveOf } from './cards/progress.ts';
import type { Message } from './limits.ts';
import { type Asked, byLabel, demandDestroyable, demandRequester, type Office, readSound, refuse } from './office.ts';
import { newest, request } from './request.ts';

/** How many of a cloud's newest operations are looked through. */
const LOOK = 120;

/** Requests that the old data which a restore has set aside be removed for good. */
export async function requestDiscard(office: Office, asked: Asked, label: string, reason: string): Promise<Message> {
  const id = await byLabel(office, label);
  const { operation } = await readSound(office, id, label);
  const { cloud, end } = operation;
  await demandRequester(office, asked.by, cloud, true);
  if (operation.wish.kind !== 'restore') return refuse('DISCARD_NOT_RESTORE', { label });
  if (end === null) return refuse('DISCARD_NOT_ENDED', { label });
  if (reason === '') return refuse('DISCARD_REASON', { label });
  await demandDestroyable(office, cloud);
  const others = (await newest(office, cloud, LOOK)).flatMap((one) => one.operation ?? []);
  if (keptBy(operation).length === 0 || isDiscarded(operation, others)) return refuse('NOTHING_KEPT', { label });
  if (!others.some((one) => isFullAfter(one, end.at))) return refuse('DISCARD_NEEDS_FULL', { label, cloud });
  return request(office, asked, cloud, { kind: 'discard', restore: id, label, reason });
}

/** What these restores still keep, of all operations that were looked through. */
export function keptAmong(operations: readonly Operation[]): readonly Kept[] {
  return operations
    .filter((one) => !isDiscarded(one, operations))
    .flatMap((one) =>
      keptBy(one).map((kept) => {
        const { label, end, headAt } = one;
        return { label, kept, since: end?.at ?? headAt };
      }),
    );
}

function isDiscarded({ id }: Operation, others: readonly Operation[]): boolean {
  return others.some(({ wish, end }) => wish.kind === 'discard' && wish.restore === id && end?.how === 'succeeded');
}

function isFullAfter(one: Operation, at: number): boolean {
  return (
    one.wish.kind === 'backup' &&
    one.wish.type === 'full' &&
    one.requestedAt > at &&
    one.end?.how === 'succeeded' &&
    archiveOf(one) !== null
  );
}

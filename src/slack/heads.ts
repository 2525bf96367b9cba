import type { MessageMetadata } from '@slack/types';
import { z } from 'zod';
import { hex64, operationId } from '../operation/ids.ts';
import type { Head } from '../operation/record.ts';

/** The metadata of each message that shows a record of a journal. Anyone in the workspace may read it: ids only. */
const HEAD_EVENT = 'kolla_backup_head';
/** The metadata of what the projector says about a journal that it can't follow. */
const NOTICE_EVENT = 'kolla_backup_notice';

const headMetadata = z.object({
  event_type: z.literal(HEAD_EVENT),
  event_payload: z.object({ operation: operationId, seq: z.int().min(1), hash: hex64 }),
});
const noticeMetadata = z.object({
  event_type: z.literal(NOTICE_EVENT),
  event_payload: z.object({ operation: operationId, notice: z.string().max(80) }),
});

export function headMark(operation: string, { seq, hash }: Head): MessageMetadata {
  return { event_type: HEAD_EVENT, event_payload: { operation, seq, hash } };
}

export function noticeMark(operation: string, notice: string): MessageMetadata {
  return { event_type: NOTICE_EVENT, event_payload: { operation, notice } };
}

/** The head of `operation` that a message's metadata names, if it names one. */
export function headIn(metadata: unknown, operation: string): Head | null {
  const parsed = headMetadata.safeParse(metadata);
  if (!parsed.success || parsed.data.event_payload.operation !== operation) return null;
  const { seq, hash } = parsed.data.event_payload;
  return { seq, hash };
}

/** Whether a message's metadata is this notice about `operation`. */
export function isNotice(metadata: unknown, operation: string, notice: string): boolean {
  const parsed = noticeMetadata.safeParse(metadata);
  return (
    parsed.success && parsed.data.event_payload.operation === operation && parsed.data.event_payload.notice === notice
  );
}

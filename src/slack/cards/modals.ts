import type { InputBlock, ModalView } from '@slack/types';
import type { Operation } from '../../operation/operation.ts';
import type { KnownArchive } from '../archives.ts';
import { cap, clean } from '../text.ts';
import { claimsOf } from './claims.ts';

const plain = (text: string, max = 75) => ({ type: 'plain_text' as const, text: cap(clean(text, max), max) });

function view(
  callback: string,
  title: string,
  submit: string,
  metadata: string,
  blocks: ModalView['blocks'],
): ModalView {
  return {
    type: 'modal',
    callback_id: callback,
    title: plain(title, 24),
    submit: plain(submit, 24),
    close: plain('Cancel', 24),
    private_metadata: metadata,
    blocks,
  };
}

const text = (block: string, label: string, more: Partial<InputBlock> = {}, initial?: string): InputBlock => ({
  type: 'input',
  block_id: block,
  label: plain(label),
  element: { type: 'plain_text_input', action_id: block, ...(initial === undefined ? {} : { initial_value: initial }) },
  ...more,
});

export function restoreModal({
  cloud,
  archives,
  chosen,
}: {
  readonly cloud: string;
  readonly archives: readonly KnownArchive[];
  readonly chosen: string | null;
  readonly now: number;
}): ModalView {
  const options = archives.map((one) => ({ text: plain(`${one.label} ${one.path}`), value: one.id }));
  const known = archives.findIndex(({ path }) => path === chosen);
  const initial = known < 0 ? undefined : options[known];
  const select: InputBlock = {
    type: 'input',
    block_id: 'archive',
    optional: true,
    label: plain('Archive'),
    element: {
      type: 'static_select',
      action_id: 'archive',
      options,
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
  };
  const older: InputBlock = {
    type: 'input',
    block_id: 'older',
    optional: true,
    label: plain('Schemas'),
    element: {
      type: 'checkboxes',
      action_id: 'older',
      options: [{ text: plain('Older schemas than the live ones are meant'), value: 'older' }],
    },
  };
  return view('restore', `Restore ${cloud}`, 'Prepare', JSON.stringify({ cloud }), [
    ...(options.length > 0 ? [select] : []),
    text('archive_name', 'Another file', { optional: true }, known < 0 && chosen !== null ? chosen : undefined),
    text('reason', 'Reason'),
    older,
  ]);
}

const about = (operation: Operation) =>
  claimsOf(
    operation,
    operation.plan === null ? {} : { plan: operation.plan.plan.number, digest: operation.plan.digest },
  );

export function approveModal(operation: Operation): ModalView {
  return view('approve', `Approve ${operation.label}`, 'Approve', about(operation), [
    text('name', `Type the name of the cloud: ${operation.cloud}`),
  ]);
}

export function declineModal(operation: Operation): ModalView {
  return view('decline', `Decline ${operation.label}`, 'Decline', about(operation), [text('reason', 'Reason')]);
}

export function resolveModal(operation: Operation, says: 'ran' | 'not_run'): ModalView {
  return view('resolve', says === 'ran' ? 'It ran' : 'It did not run', 'Say so', about(operation), [
    text('reason', 'How do you know?'),
  ]);
}

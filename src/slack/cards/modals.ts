import type { InputBlock, KnownBlock, PlainTextOption } from '@slack/types';
import { REASON_CHARS } from '../../operation/events.ts';
import { mayBeGone, type Operation, stuckAt } from '../../operation/operation.ts';
import { VOLUME_PATH_CHARS } from '../../operation/shapes.ts';
import { LIMITS, type View } from '../limits.ts';
import { ago, cap, clean, moment, size } from '../text.ts';
import { stakes } from './approval-card.ts';
import { claimsOf, planClaims } from './claims.ts';
import { goneFollows } from './gone-follows.ts';
import { code, lines, onHost, say, strong } from './parts.ts';
import { outageWords, warnings } from './stakes.ts';

/** The modals; what they carry are claims, as with buttons. */

const plain = (text: string, max: number) => ({ type: 'plain_text' as const, text: cap(clean(text, max) || '–', max) });

type Words = { readonly callback: string; readonly title: string; readonly submit: string; readonly metadata: string };

function modal({ callback, title, submit, metadata }: Words, blocks: KnownBlock[]): View {
  return {
    type: 'modal',
    callback_id: callback,
    title: plain(title, LIMITS.viewTitle),
    submit: plain(submit, LIMITS.viewButton),
    close: plain('Not now', LIMITS.viewButton),
    private_metadata: metadata,
    blocks,
  };
}

function textInput(
  id: string,
  label: string,
  { hint, max, optional = false, initial }: { hint?: string; max: number; optional?: boolean; initial?: string },
): InputBlock {
  return {
    type: 'input',
    block_id: id,
    label: plain(label, LIMITS.optionText * 2),
    optional,
    ...(hint === undefined ? {} : { hint: plain(hint, 300) }),
    element: {
      type: 'plain_text_input',
      action_id: id,
      max_length: max,
      ...(initial === undefined ? {} : { initial_value: clean(initial, max) }),
    },
  };
}

const reasonInput = (label: string, hint: string) => textInput('reason', label, { hint, max: REASON_CHARS });

/** An archive to choose; `id` is the option's value, `at` ms since the epoch. */
export type OfferedArchive = {
  readonly id: string;
  readonly path: string;
  readonly node: string;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly at: number;
};

type RestoreForm = {
  readonly cloud: string;
  readonly channel?: string;
  /** Newest first; at most 100 are offered. */
  readonly archives: readonly OfferedArchive[];
  /** The path of an archive that was named with the command. */
  readonly chosen: string | null;
  /** The cloud's nodes: one of them may be gone. */
  readonly nodes?: readonly string[];
  readonly now: number;
};

/** Asks what to restore, and why. */
export function restoreModal({ cloud, channel, archives, chosen, nodes = [], now }: RestoreForm): View {
  const offered = archives.slice(0, LIMITS.options);
  const options = offered.map((one) => archiveOption(one, now));
  const initial = chosen === null ? undefined : options[offered.findIndex(({ path }) => path === chosen)];
  const byHand = chosen !== null && initial === undefined ? { initial: chosen } : {};
  const metadata = JSON.stringify({ cloud, ...(channel === undefined ? {} : { channel }) });
  return modal({ callback: 'restore', title: 'Restore databases', submit: 'Prepare the restore', metadata }, [
    lines(
      [strong(`Cloud: ${cloud}`)],
      [
        say(
          'The archive is unpacked, prepared and started once beside the live data. Nothing live is touched until other people have approved the plan that comes of it.',
        ),
      ],
    ),
    ...(options.length === 0 ? [] : [archiveInput(options, initial)]),
    textInput('archive_name', 'Or a file in the backup volume, by its name', {
      hint: 'Only for an archive that is not in the list. It is looked for on every node and proved complete first.',
      max: VOLUME_PATH_CHARS,
      optional: true,
      ...byHand,
    }),
    reasonInput('Reason', 'Stands on the card that others approve.'),
    olderInput(),
    // With two nodes left a restore can go on; one alone has nobody to agree with.
    ...(nodes.length > 2 ? [goneInput(nodes)] : []),
  ]);
}

function archiveInput(options: PlainTextOption[], initial: PlainTextOption | undefined): InputBlock {
  return {
    type: 'input',
    block_id: 'archive',
    label: plain('Archive that was proved complete', LIMITS.optionText),
    optional: true,
    element: {
      type: 'static_select',
      action_id: 'archive',
      placeholder: plain('Choose an archive', LIMITS.optionText),
      options,
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
  };
}

/** When, how long ago, how big, where; the file's name below. */
function archiveOption({ id, path, node, bytes, at }: OfferedArchive, now: number): PlainTextOption {
  const when = `${moment(at).slice(0, 16)} UTC · ${ago(at, now)} · ${size(bytes)} · ${clean(node, 60)}`;
  return {
    text: plain(when, LIMITS.optionText),
    value: cap(id, LIMITS.optionValue),
    description: plain(path.split('/').at(-1) ?? path, LIMITS.optionText),
  };
}

function olderInput(): InputBlock {
  return {
    type: 'input',
    block_id: 'older',
    optional: true,
    label: plain('Schemas', LIMITS.optionText),
    hint: plain(
      'Without it an archive from before an upgrade is refused: its services would meet tables of an older release.',
      300,
    ),
    element: {
      type: 'checkboxes',
      action_id: 'older',
      options: [{ text: plain('Older schemas than the live ones are meant', LIMITS.optionText), value: 'older' }],
    },
  };
}

function goneInput(nodes: readonly string[]): InputBlock {
  const options = nodes.slice(0, LIMITS.options).map((name) => ({
    text: plain(name, LIMITS.optionText),
    value: cap(name, LIMITS.optionValue),
  }));
  return {
    type: 'input',
    block_id: 'gone',
    optional: true,
    label: plain('A node that is gone', LIMITS.optionText),
    hint: plain(
      'Only if it is powered off and stays off until the restore is done: the restore goes on without it. When it is started again it joins the others, and its own old data is overwritten.',
      300,
    ),
    element: {
      type: 'static_select',
      action_id: 'gone',
      placeholder: plain('All nodes take part', LIMITS.optionText),
      options,
    },
  };
}

/** How many names a list in a modal has. */
const NAMES_MAX = 4;

/** A last look at what will be undone; the cloud's name is typed. */
export function approveModal(operation: Operation): View {
  const { label, cloud, wish } = operation;
  const restore = wish.kind === 'restore';
  const warned = restore ? warnings(operation, NAMES_MAX) : [];
  const metadata = claimsOf(operation, planClaims(operation));
  return modal({ callback: 'approve', title: `Approve ${label}`, submit: 'Approve', metadata }, [
    lines(
      ...stakes(operation),
      ...(restore ? [[strong('Expected: '), say(`${outageWords(operation)}.`)]] : []),
      ...warned.map((one) => [strong('⚠️ '), say(one)]),
    ),
    lines([strong('Digest of the plan: '), code(operation.plan?.digest ?? '–')]),
    textInput('name', `Type the name of the cloud: ${cloud}`, {
      hint: 'So that nobody approves this for another cloud than they think.',
      max: LIMITS.optionText,
    }),
  ]);
}

export function declineModal(operation: Operation): View {
  const { label, wish } = operation;
  const metadata = claimsOf(operation, planClaims(operation));
  const comes =
    wish.kind === 'restore' ? 'What was prepared is removed; MariaDB is not touched.' : 'Nothing is removed.';
  return modal({ callback: 'decline', title: `Decline ${label}`, submit: 'Decline', metadata }, [
    lines([say(`Nothing comes of this plan then, whoever else approved it. ${comes}`)]),
    reasonInput('Reason', 'Whoever asked reads it in the thread.'),
  ]);
}

/** One person says that a node is gone for good. */
export function goneModal(operation: Operation): View {
  const nodes = mayBeGone(operation);
  const options = nodes
    .slice(0, LIMITS.options)
    .map((name) => ({ text: plain(name, LIMITS.optionText), value: cap(name, LIMITS.optionValue) }));
  const [first] = options;
  const element = {
    type: 'static_select' as const,
    action_id: 'node',
    options,
    ...(first === undefined ? {} : { initial_option: first }),
  };
  const metadata = claimsOf(operation);
  // A plan has ways back without each of its nodes, or without none.
  const follows = goneFollows(operation, nodes[0] ?? '');
  return modal({ callback: 'gone', title: 'A node is gone', submit: 'Say so', metadata }, [
    lines([say(`If another person agrees, nothing waits for it any more, ${follows}`)]),
    { type: 'input', block_id: 'node', label: plain('Node', LIMITS.optionText), element },
    reasonInput('How do you know?', 'Where you saw that it is off. The one who agrees relies on it.'),
  ]);
}

/** One person says how an unclear step ended; `says` is what they say. */
export function resolveModal(operation: Operation, says: 'ran' | 'not_run'): View {
  const stuck = stuckAt(operation);
  const about =
    stuck === null || operation.track === null
      ? {}
      : { plan: operation.track.number, step: stuck.step.id, attempt: stuck.attempt.attempt };
  const follows =
    says === 'ran'
      ? 'If another person agrees, it counts as done and the operation goes on with the next step.'
      : 'If another person agrees, it counts as never begun and is sent again.';
  const title = says === 'ran' ? 'It ran' : 'It didn’t run';
  const metadata = claimsOf(operation, about);
  return modal({ callback: 'resolve', title, submit: 'Say so', metadata }, [
    lines(
      [strong('Step: '), say(clean(stuck?.step.title ?? 'none is unclear now', 120))],
      ...(stuck === null ? [] : [[strong('On: '), onHost(stuck.step.host)]]),
      [say(follows)],
    ),
    reasonInput('How do you know?', 'What you saw on the host. The one who agrees relies on it.'),
  ]);
}

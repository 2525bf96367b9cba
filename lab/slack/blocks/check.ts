/** Whether Slack would take these blocks, and the blocks as Slack keeps them: every id filled in. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { BLOCK, MESSAGE, VIEW } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import { type Block, type MessageBlock, type ModalBlock, messageBlock, modalBlock } from './blocks.ts';
import type { Interactive } from './elements.ts';
import { slackMessages } from './issues.ts';

const messageBlocks = z.array(messageBlock).max(MESSAGE.blocks);
const modalBlocks = z.array(modalBlock).max(VIEW.blocks);

/** The interactive elements of a block, in order. */
export function interactives(block: Block): Interactive[] {
  if (block.type === 'actions') return block.elements;
  if (block.type === 'input') return [block.element];
  if (block.type === 'section' && block.accessory !== undefined && block.accessory.type !== 'image')
    return [block.accessory];
  return [];
}

function duplicates(values: readonly (string | undefined)[]): string[] {
  const named = values.filter((value) => value !== undefined);
  return [...new Set(named.filter((value, index) => named.indexOf(value) !== index))];
}

function sameIds(blocks: readonly Block[]): string[] {
  const blockIds = duplicates(blocks.map((block) => block.block_id)).map(
    (id) => `[ERROR] \`block_id\` already exists: ${id} [json-pointer:/blocks]`,
  );
  const actionIds = blocks.flatMap((block, index) =>
    duplicates(interactives(block).map((element) => element.action_id)).map(
      (id) => `[ERROR] \`action_id\` already exists: ${id} [json-pointer:/blocks/${index}/elements]`,
    ),
  );
  return [...blockIds, ...actionIds];
}

/** Characters of everything that is read as text in a value. */
export function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textLength(item), 0);
  if (value === null || typeof value !== 'object') return 0;
  return Object.entries(value).reduce(
    (sum, [key, inner]) => sum + (key === 'text' && typeof inner === 'string' ? inner.length : textLength(inner)),
    0,
  );
}

function tableErrors(blocks: readonly MessageBlock[]): string[] {
  const tables = blocks.filter((block) => block.type === 'table');
  const many = tables.length > MESSAGE.tables ? ['[ERROR] only_one_table_allowed [json-pointer:/blocks]'] : [];
  const long = tables.filter((block) => textLength(block.rows) > BLOCK.tableText);
  return [
    ...many,
    ...long.map(() => `[ERROR] a table has at most ${BLOCK.tableText} characters [json-pointer:/blocks]`),
  ];
}

const freshId = () => randomBytes(4).toString('base64url').slice(0, 5);

/** Slack gives ids to blocks and elements that have none. */
function withIds<B extends Block>(blocks: readonly B[]): B[] {
  const kept = structuredClone([...blocks]);
  for (const block of kept) {
    block.block_id ??= freshId();
    for (const element of interactives(block)) element.action_id ??= freshId();
  }
  return kept;
}

/** Blocks that arrived as JSON. `[]` means none. Throws `invalid_blocks` or `msg_blocks_too_long`. */
export function checkMessageBlocks(raw: unknown, options: { cumulative: boolean }): MessageBlock[] {
  const parsed = messageBlocks.safeParse(raw);
  if (!parsed.success) throw new Refusal('invalid_blocks', { messages: slackMessages(parsed.error, '/blocks') });
  const messages = [...sameIds(parsed.data), ...tableErrors(parsed.data)];
  if (messages.length > 0) throw new Refusal('invalid_blocks', { messages });
  const tooLong =
    textLength(parsed.data) > MESSAGE.blocksText || JSON.stringify(parsed.data).length > MESSAGE.blocksJson;
  if (options.cumulative && tooLong) throw new Refusal('msg_blocks_too_long');
  return withIds(parsed.data);
}

/** The blocks of a modal. Throws `invalid_arguments`, as `views.open` does. */
export function checkModalBlocks(raw: unknown): ModalBlock[] {
  const parsed = modalBlocks.safeParse(raw);
  if (!parsed.success)
    throw new Refusal('invalid_arguments', { messages: slackMessages(parsed.error, '/view/blocks') });
  const messages = sameIds(parsed.data);
  if (messages.length > 0) throw new Refusal('invalid_arguments', { messages });
  return withIds(parsed.data);
}

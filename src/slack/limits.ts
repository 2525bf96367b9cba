import type { KnownBlock } from '@slack/types';

/** Slack's limits on a message, and our own budget below the undocumented one on all blocks together. */
export const LIMITS = {
  blocks: 50,
  headerText: 150,
  sectionText: 3000,
  sectionFields: 10,
  fieldText: 2000,
  contextElements: 10,
  actionElements: 25,
  buttonText: 75,
  buttonValue: 2000,
  identifier: 255,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  fallbackText: 4000,
  /** Slack refuses somewhere above 9,600 characters of text or 15,600 of JSON (`msg_blocks_too_long`). */
  textBudget: 9000,
  jsonBudget: 15_000,
} as const;

/** A message as it is sent: `text` is what notifications and screen readers get, and all that is left without blocks. */
export type Message = { readonly text: string; readonly blocks: readonly KnownBlock[] };

/** Everything in a message that Slack would refuse, in words for a log; empty when it may be sent. */
export function faults({ text, blocks }: Message): readonly string[] {
  const found: string[] = [];
  if (text.length === 0) found.push('the fallback text is empty');
  if (text.length > LIMITS.fallbackText) found.push(`the fallback text has ${text.length} characters`);
  if (blocks.length > LIMITS.blocks) found.push(`${blocks.length} blocks`);
  blocks.forEach((block, index) => {
    for (const fault of blockFaults(block)) found.push(`block ${index} (${block.type}): ${fault}`);
  });
  const ids = blocks.flatMap((block) => (block.block_id === undefined ? [] : [block.block_id]));
  if (new Set(ids).size < ids.length) found.push('two blocks have one block_id');
  const textLength = blocks.reduce((sum, block) => sum + textOf(block), 0);
  if (textLength > LIMITS.textBudget) found.push(`${textLength} characters of text in all blocks`);
  const jsonLength = JSON.stringify(blocks).length;
  if (jsonLength > LIMITS.jsonBudget) found.push(`${jsonLength} characters of JSON`);
  return found;
}

const within = (what: string, text: string | undefined, max: number) =>
  text !== undefined && (text.length === 0 || text.length > max) ? [`${what} has ${text.length} characters`] : [];

/** The faults of the kinds of blocks that we send; any other kind is a fault itself. */
function blockFaults(block: KnownBlock): string[] {
  switch (block.type) {
    case 'header':
      return within('the text', block.text.text, LIMITS.headerText);
    case 'section':
      return [
        ...within('the text', block.text?.text, LIMITS.sectionText),
        ...(block.fields ?? []).flatMap((field) => within('a field', field.text, LIMITS.fieldText)),
        ...((block.fields ?? []).length > LIMITS.sectionFields ? ['too many fields'] : []),
        ...(block.text === undefined && (block.fields ?? []).length === 0 ? ['neither text nor fields'] : []),
      ];
    case 'context':
      return [
        ...(block.elements.length === 0 || block.elements.length > LIMITS.contextElements
          ? [`${block.elements.length} elements`]
          : []),
        ...block.elements.flatMap((one) =>
          'text' in one ? within('an element', one.text, LIMITS.sectionText) : ['an image'],
        ),
      ];
    case 'divider':
      return [];
    case 'rich_text':
      return richTextFaults(block);
    case 'actions':
      return actionFaults(block);
    default:
      return ['a kind of block that we do not send'];
  }
}

function richTextFaults(block: Extract<KnownBlock, { type: 'rich_text' }>): string[] {
  const empty: string[] = block.elements.length === 0 ? ['no elements'] : [];
  return block.elements.reduce((found, part) => {
    if (part.elements.length === 0) found.push(`an empty ${part.type}`);
    const leaves = part.elements.flatMap((one) => ('elements' in one ? one.elements : [one]));
    for (const leaf of leaves) if (leaf.type === 'text' && leaf.text === '') found.push('an empty text');
    return found;
  }, empty);
}

function actionFaults(block: Extract<KnownBlock, { type: 'actions' }>): string[] {
  const found: string[] = [];
  if (block.elements.length === 0 || block.elements.length > LIMITS.actionElements)
    found.push(`${block.elements.length} elements`);
  const ids = block.elements.map((one) => one.action_id ?? '');
  if (new Set(ids).size < ids.length) found.push('two elements have one action_id');
  for (const one of block.elements) {
    if (one.type !== 'button') {
      found.push(`a ${one.type}`);
      continue;
    }
    found.push(
      ...within('a button', one.text.text, LIMITS.buttonText),
      ...within('a button value', one.value, LIMITS.buttonValue),
      ...within('an action_id', one.action_id ?? '', LIMITS.identifier),
      ...within('a confirm title', one.confirm?.title?.text, LIMITS.confirmTitle),
      ...within('a confirm text', one.confirm?.text.text, LIMITS.confirmText),
      ...within('a confirm button', one.confirm?.confirm?.text, LIMITS.confirmButton),
      ...within('a deny button', one.confirm?.deny?.text, LIMITS.confirmButton),
    );
  }
  return found;
}

/** Characters of text anywhere in a block, counted generously: every string under a key named `text`. */
function textOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + textOf(one), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce<number>(
    (sum, [key, held]) => sum + (key === 'text' && typeof held === 'string' ? held.length : textOf(held)),
    0,
  );
}

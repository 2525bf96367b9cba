import type { Checkboxes, KnownBlock, ModalView, PlainTextInput, StaticSelect } from '@slack/types';

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
  viewBlocks: 100,
  viewTitle: 24,
  viewButton: 24,
  privateMetadata: 3000,
  viewJson: 250_000,
  inputLabel: 2000,
  inputText: 3000,
  placeholder: 150,
  options: 100,
  choices: 10,
  optionText: 75,
  optionValue: 75,
} as const;

/** A message as it is sent: `text` is what notifications and screen readers get, and all that is left without blocks. */
export type Message = { readonly text: string; readonly blocks: readonly KnownBlock[] };

/** A modal, of blocks that are known. */
export type View = Omit<ModalView, 'blocks'> & { readonly blocks: KnownBlock[] };

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

/** Everything in a modal that Slack would refuse; empty when it may be opened. */
export function viewFaults(view: View): readonly string[] {
  const found = [
    ...within('the title', view.title.text, LIMITS.viewTitle),
    ...within('the submit button', view.submit?.text, LIMITS.viewButton),
    ...within('the close button', view.close?.text, LIMITS.viewButton),
    ...within('private_metadata', view.private_metadata, LIMITS.privateMetadata),
    ...within('callback_id', view.callback_id, LIMITS.identifier),
  ];
  if (view.blocks.length === 0 || view.blocks.length > LIMITS.viewBlocks) found.push(`${view.blocks.length} blocks`);
  if (view.submit === undefined && view.blocks.some(({ type }) => type === 'input')) found.push('input but no submit');
  view.blocks.forEach((block, index) => {
    const faulty = block.type === 'input' ? inputFaults(block) : blockFaults(block);
    for (const fault of faulty) found.push(`block ${index} (${block.type}): ${fault}`);
  });
  const ids = view.blocks.flatMap((block) => (block.block_id === undefined ? [] : [block.block_id]));
  if (new Set(ids).size < ids.length) found.push('two blocks have one block_id');
  const jsonLength = JSON.stringify(view).length;
  if (jsonLength > LIMITS.viewJson) found.push(`${jsonLength} characters of JSON`);
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

function inputFaults({ label, hint, element, block_id }: Extract<KnownBlock, { type: 'input' }>): string[] {
  return [
    ...within('the label', label.text, LIMITS.inputLabel),
    ...within('the hint', hint?.text, LIMITS.inputLabel),
    ...within('block_id', block_id, LIMITS.identifier),
    ...within('action_id', element.action_id, LIMITS.identifier),
    ...elementFaults(element),
  ];
}

function elementFaults(element: { readonly type: string }): string[] {
  if (isA<PlainTextInput>(element, 'plain_text_input'))
    return [
      ...within('the placeholder', element.placeholder?.text, LIMITS.placeholder),
      ...((element.initial_value ?? '').length > (element.max_length ?? LIMITS.inputText) ? ['too long a value'] : []),
      ...((element.max_length ?? 1) > LIMITS.inputText ? ['too high a max_length'] : []),
    ];
  if (isA<StaticSelect>(element, 'static_select'))
    return [
      ...within('the placeholder', element.placeholder?.text, LIMITS.placeholder),
      ...optionFaults(element.options ?? [], element.initial_option ? [element.initial_option] : [], LIMITS.options),
    ];
  if (isA<Checkboxes>(element, 'checkboxes')) return optionFaults(element.options, [], LIMITS.choices);
  return [`a ${element.type}`];
}

function isA<T extends { readonly type: string }>(element: { readonly type: string }, type: T['type']): element is T {
  return element.type === type;
}

type Option = {
  readonly text: { readonly text: string };
  readonly value?: string;
  readonly description?: { readonly text: string };
};

function optionFaults(options: readonly Option[], chosen: readonly Option[], max: number): string[] {
  const values = options.map(({ value }) => value);
  return [
    ...(options.length === 0 || options.length > max ? [`${options.length} options`] : []),
    ...(new Set(values).size < values.length ? ['two options have one value'] : []),
    ...(chosen.every((one) => options.some((other) => JSON.stringify(other) === JSON.stringify(one)))
      ? []
      : ['a choice that is no option']),
    ...options.flatMap(({ text, value, description }) => [
      ...within('an option', text.text, LIMITS.optionText),
      ...within('the value of an option', value ?? '', LIMITS.optionValue),
      ...within('the description of an option', description?.text, LIMITS.optionText),
    ]),
  ];
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

/** Around every number of Block Kit: the greatest length that passes, and one more, which doesn't. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkMessageBlocks, textLength } from '../../lab/slack/blocks/check.ts';
import { BLOCK, ELEMENT, MESSAGE, VIEW } from '../../lab/slack/limits.ts';
import { Refusal } from '../../lab/slack/refusal.ts';
import { checkView } from '../../lab/slack/views.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const section = (more: object) => ({ type: 'section', ...more });
const actions = (...elements: object[]) => ({ type: 'actions', elements });
const button = (more: object = {}) => ({ type: 'button', text: plain('b'), ...more });
const option = (value: string, more: object = {}) => ({ text: plain('o'), value, ...more });
const options = (count: number) => Array.from({ length: count }, (_, index) => option(String(index)));
const select = (more: object) => ({ type: 'static_select', ...more });
const input = (element: object, more: object = {}) => ({ type: 'input', label: plain('l'), element, ...more });
const typed = (more: object = {}) => ({ type: 'plain_text_input', ...more });
const modal = (more: object) => ({
  type: 'modal',
  title: plain('t'),
  submit: plain('s'),
  blocks: [{ type: 'divider' }],
  ...more,
});
const x = (length: number) => 'x'.repeat(length);
const confirm = (more: object) => button({ confirm: { text: plain('t'), ...more } });
const many = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index));

/** Slack's error code, or `ok`. The cumulative limit is left out where one value alone is looked at. */
function outcome(check: () => unknown): string {
  try {
    check();
    return 'ok';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

const message = (...blocks: unknown[]) => outcome(() => checkMessageBlocks(blocks, { cumulative: false }));
const view = (more: object) => outcome(() => checkView(modal(more)));

const inMessages: readonly [string, number, (length: number) => unknown[]][] = [
  ['blocks', MESSAGE.blocks, (n) => many(n, () => ({ type: 'divider' }))],
  ['section text', BLOCK.sectionText, (n) => [section({ text: mrkdwn(x(n)) })]],
  ['section fields', BLOCK.sectionFields, (n) => [section({ fields: many(n, () => plain('f')) })]],
  ['section field', BLOCK.sectionField, (n) => [section({ fields: [plain(x(n))] })]],
  ['header', BLOCK.header, (n) => [{ type: 'header', text: plain(x(n)) }]],
  ['context elements', BLOCK.contextElements, (n) => [{ type: 'context', elements: many(n, () => plain('c')) }]],
  ['actions elements', BLOCK.actionsElements, (n) => [actions(...many(n, () => button()))]],
  ['block_id', BLOCK.id, (n) => [{ type: 'divider', block_id: x(n) }]],
  ['action_id', ELEMENT.actionId, (n) => [actions(button({ action_id: x(n) }))]],
  ['button text', ELEMENT.buttonText, (n) => [actions(button({ text: plain(x(n)) }))]],
  ['button value', ELEMENT.buttonValue, (n) => [actions(button({ value: x(n) }))]],
  ['button url', ELEMENT.buttonUrl, (n) => [actions(button({ url: 'https://x'.padEnd(n, 'x') }))]],
  ['button label', ELEMENT.accessibilityLabel, (n) => [actions(button({ accessibility_label: x(n) }))]],
  ['confirm title', ELEMENT.confirmTitle, (n) => [actions(confirm({ title: plain(x(n)) }))]],
  ['confirm text', ELEMENT.confirmText, (n) => [actions(confirm({ text: mrkdwn(x(n)) }))]],
  ['confirm button', ELEMENT.confirmButton, (n) => [actions(confirm({ confirm: plain(x(n)) }))]],
  ['deny button', ELEMENT.confirmButton, (n) => [actions(confirm({ deny: plain(x(n)) }))]],
  ['options', ELEMENT.options, (n) => [actions(select({ options: options(n) }))]],
  ['option text', ELEMENT.optionText, (n) => [actions(select({ options: [option('v', { text: plain(x(n)) })] }))]],
  ['option value', ELEMENT.optionValue, (n) => [actions(select({ options: [option(x(n))] }))]],
  [
    'option description',
    ELEMENT.optionDescription,
    (n) => [actions(select({ options: [option('v', { description: plain(x(n)) })] }))],
  ],
  ['placeholder', ELEMENT.placeholder, (n) => [actions(select({ options: options(1), placeholder: plain(x(n)) }))]],
  ['overflow options', ELEMENT.overflowOptions, (n) => [actions({ type: 'overflow', options: options(n) })]],
  ['radio options', ELEMENT.choiceOptions, (n) => [actions({ type: 'radio_buttons', options: options(n) })]],
  ['checkbox options', ELEMENT.choiceOptions, (n) => [actions({ type: 'checkboxes', options: options(n) })]],
  ['image alt', BLOCK.imageAlt, (n) => [{ type: 'image', image_url: 'https://x.example/i', alt_text: x(n) }]],
  ['table rows', BLOCK.tableRows, (n) => [{ type: 'table', rows: many(n, () => [{ type: 'raw_text', text: 'c' }]) }]],
  [
    'table columns',
    BLOCK.tableColumns,
    (n) => [{ type: 'table', rows: [many(n, () => ({ type: 'raw_text', text: 'c' }))] }],
  ],
  ['table text', BLOCK.tableText, (n) => [{ type: 'table', rows: [[{ type: 'raw_text', text: x(n) }]] }]],
  ['tables', MESSAGE.tables, (n) => many(n, () => ({ type: 'table', rows: [[{ type: 'raw_text', text: 'c' }]] }))],
];

const inModals: readonly [string, number, (length: number) => object][] = [
  ['blocks', VIEW.blocks, (n) => ({ blocks: many(n, () => ({ type: 'divider' })) })],
  ['title', VIEW.title, (n) => ({ title: plain(x(n)) })],
  ['submit', VIEW.submit, (n) => ({ submit: plain(x(n)) })],
  ['close', VIEW.close, (n) => ({ close: plain(x(n)) })],
  ['private_metadata', VIEW.privateMetadata, (n) => ({ private_metadata: x(n) })],
  ['callback_id', VIEW.callbackId, (n) => ({ callback_id: x(n) })],
  ['external_id', VIEW.externalId, (n) => ({ external_id: x(n) })],
  ['label', BLOCK.inputLabel, (n) => ({ blocks: [input(typed(), { label: plain(x(n)) })] })],
  ['hint', BLOCK.inputHint, (n) => ({ blocks: [input(typed(), { hint: plain(x(n)) })] })],
  ['max_length', ELEMENT.inputLength, (n) => ({ blocks: [input(typed({ max_length: n }))] })],
  ['initial_value', ELEMENT.inputLength, (n) => ({ blocks: [input(typed({ initial_value: x(n) }))] })],
];

/** Lengths near the limit above all, and anywhere else. */
const near = (limit: number) =>
  fc.oneof(fc.constantFrom(Math.max(1, limit - 1), limit, limit + 1), fc.integer({ min: 1, max: limit * 2 }));

describe('limits', () => {
  test.each(inMessages)('%s in a message: at most %i', (_, limit, make) => {
    fc.assert(
      fc.property(near(limit), (n) => {
        expect(message(...make(n))).toBe(n <= limit ? 'ok' : 'invalid_blocks');
      }),
      { numRuns: 12, examples: [[limit], [limit + 1]] },
    );
  });

  test.each(inModals)('%s in a modal: at most %i', (_, limit, make) => {
    fc.assert(
      fc.property(near(limit), (n) => {
        expect(view(make(n))).toBe(n <= limit ? 'ok' : 'invalid_arguments');
      }),
      { numRuns: 12, examples: [[limit], [limit + 1]] },
    );
  });

  test('a message as a whole: the largest that was seen accepted, and no more', () => {
    const size = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(size, (sizes) => {
        const blocks = sizes.map((length) => section({ text: mrkdwn(x(length)) }));
        const fits = textLength(blocks) <= MESSAGE.blocksText && JSON.stringify(blocks).length <= MESSAGE.blocksJson;
        const said = outcome(() => checkMessageBlocks(blocks, { cumulative: true }));
        expect(said).toBe(fits ? 'ok' : 'msg_blocks_too_long');
      }),
      { examples: [[[3_000, 3_000, 3_000, 597]], [[3_000, 3_000, 3_000, 598]]] },
    );
  });
});

describe('shapes', () => {
  const refused: readonly [string, object][] = [
    ['an unknown block', { type: 'markdown', text: 'x' }],
    ['an unknown element', actions({ type: 'datepicker' })],
    ['an unknown property', { type: 'divider', colour: 'red' }],
    ['an input in a message', input(typed())],
    ['an empty text', section({ text: mrkdwn('') })],
    ['a section without text', section({})],
    ['mrkdwn in a header', { type: 'header', text: mrkdwn('x') }],
    ['mrkdwn on a button', actions(button({ text: mrkdwn('x') }))],
    ['a select without options', actions(select({}))],
    [
      'a select with both kinds of options',
      actions(select({ options: options(1), option_groups: [{ label: plain('g'), options: options(1) }] })),
    ],
    ['a style that is not there', actions(button({ style: 'warning' }))],
    ['an image without a web address', { type: 'image', image_url: 'file:///etc/passwd', alt_text: 'x' }],
    ['rich text without elements', { type: 'rich_text', elements: [] }],
    [
      'a list in preformatted text',
      {
        type: 'rich_text',
        elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'user', user_id: 'U1' }] }],
      },
    ],
  ];

  test.each(refused)('%s is refused', (_, block) => {
    expect(message(block)).toBe('invalid_blocks');
  });

  test('an action_id twice in one actions block is refused, in two blocks it is not', () => {
    const same = button({ action_id: 'approve' });
    expect(message(actions(same, same))).toBe('invalid_blocks');
    expect(message(actions(same), actions(same))).toBe('ok');
  });

  test('a block_id twice is refused', () => {
    expect(message({ type: 'divider', block_id: 'a' }, { type: 'divider', block_id: 'a' })).toBe('invalid_blocks');
  });

  test('a modal with fields needs a Submit', () => {
    expect(outcome(() => checkView({ type: 'modal', title: plain('t'), blocks: [input(typed())] }))).toBe(
      'invalid_arguments',
    );
  });

  test('what is wrong is said with its place', () => {
    try {
      checkMessageBlocks([{ type: 'header', text: plain(x(151)) }, { type: 'nonsense' }], { cumulative: true });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        details: {
          messages: [
            '[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]',
            '[ERROR] unsupported type [json-pointer:/blocks/1/type]',
          ],
        },
      });
    }
  });

  test('every block and element gets an id', () => {
    const [block] = checkMessageBlocks([actions(button(), button({ action_id: 'mine' }))], { cumulative: true });
    expect(block?.block_id).toMatch(/^.{5}$/);
    expect(block?.type === 'actions' && block.elements.map((each) => each.action_id)).toEqual([
      expect.stringMatching(/^.{5}$/),
      'mine',
    ]);
  });
});

/** The blocks that a message and a modal may hold here. Any other type is refused as unsupported. */
import { z } from 'zod';
import { BLOCK } from '../limits.ts';
import { accessory, actionElement, image as imageElement, inputElement } from './elements.ts';
import { anyText, plainText, webAddress } from './objects.ts';
import { richText } from './rich-text.ts';

const blockId = { block_id: z.string().min(1).max(BLOCK.id).optional() };

const section = z
  .strictObject({
    type: z.literal('section'),
    ...blockId,
    text: anyText(BLOCK.sectionText).optional(),
    fields: z.array(anyText(BLOCK.sectionField)).min(1).max(BLOCK.sectionFields).optional(),
    accessory: accessory.optional(),
    expand: z.boolean().optional(),
  })
  .superRefine((block, ctx) => {
    if (block.text === undefined && block.fields === undefined)
      ctx.addIssue({ code: 'custom', message: 'missing required field: text or fields' });
  });

const header = z.strictObject({ type: z.literal('header'), ...blockId, text: plainText(BLOCK.header) });
const divider = z.strictObject({ type: z.literal('divider'), ...blockId });

const context = z.strictObject({
  type: z.literal('context'),
  ...blockId,
  elements: z
    .array(z.discriminatedUnion('type', [...anyText(BLOCK.contextText).options, imageElement]))
    .min(1)
    .max(BLOCK.contextElements),
});

const actions = z.strictObject({
  type: z.literal('actions'),
  ...blockId,
  elements: z.array(actionElement).min(1).max(BLOCK.actionsElements),
});

const image = z.strictObject({
  type: z.literal('image'),
  ...blockId,
  image_url: webAddress(BLOCK.imageUrl),
  alt_text: z.string().min(1).max(BLOCK.imageAlt),
  title: plainText(BLOCK.imageTitle).optional(),
});

const input = z.strictObject({
  type: z.literal('input'),
  ...blockId,
  label: plainText(BLOCK.inputLabel),
  hint: plainText(BLOCK.inputHint).optional(),
  optional: z.boolean().optional(),
  dispatch_action: z.boolean().optional(),
  element: inputElement,
});

const cell = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('raw_text'), text: z.string().min(1) }),
  z.strictObject({ type: z.literal('raw_number'), value: z.number(), text: z.string().min(1) }),
  richText,
]);

const column = z.strictObject({
  align: z.enum(['left', 'center', 'right']).optional(),
  is_wrapped: z.boolean().optional(),
});

const table = z.strictObject({
  type: z.literal('table'),
  ...blockId,
  rows: z.array(z.array(cell).min(1).max(BLOCK.tableColumns)).min(1).max(BLOCK.tableRows),
  column_settings: z.array(column.nullable()).max(BLOCK.tableColumns).optional(),
});

const everywhere = [section, header, divider, context, actions, image, richText] as const;

export const messageBlock = z.discriminatedUnion('type', [...everywhere, table]);
export const modalBlock = z.discriminatedUnion('type', [...everywhere, input]);

export type MessageBlock = z.infer<typeof messageBlock>;
export type ModalBlock = z.infer<typeof modalBlock>;
export type Block = MessageBlock | ModalBlock;

/** Composition objects of Block Kit: texts, options, confirm dialogs. Unknown properties are refused. */
import { z } from 'zod';
import { ELEMENT } from '../limits.ts';

export function plainText(max: number) {
  return z.strictObject({
    type: z.literal('plain_text'),
    text: z.string().min(1).max(max),
    emoji: z.boolean().optional(),
  });
}

export function mrkdwn(max: number) {
  return z.strictObject({
    type: z.literal('mrkdwn'),
    text: z.string().min(1).max(max),
    verbatim: z.boolean().optional(),
  });
}

export function anyText(max: number) {
  return z.discriminatedUnion('type', [plainText(max), mrkdwn(max)]);
}

export const confirm = z.strictObject({
  title: plainText(ELEMENT.confirmTitle).optional(),
  text: anyText(ELEMENT.confirmText),
  confirm: plainText(ELEMENT.confirmButton).optional(),
  deny: plainText(ELEMENT.confirmButton).optional(),
  style: z.enum(['primary', 'danger']).optional(),
});

export const plainOption = z.strictObject({
  text: plainText(ELEMENT.optionText),
  value: z.string().min(1).max(ELEMENT.optionValue),
  description: plainText(ELEMENT.optionDescription).optional(),
});

/** An overflow menu's option may also be a link. */
export const overflowOption = plainOption.extend({ url: z.string().max(ELEMENT.buttonUrl).optional() });

/** Radio buttons and checkboxes render mrkdwn; menus do not. */
export const richOption = z.strictObject({
  text: anyText(ELEMENT.optionText),
  value: z.string().min(1).max(ELEMENT.optionValue),
  description: anyText(ELEMENT.optionDescription).optional(),
});

export const webAddress = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^https?:\/\/\S+$/, 'must be a valid URL');

/** Interactive elements. What the page can't show is not in here, and is refused. */
import { z } from 'zod';
import { BLOCK, ELEMENT } from '../limits.ts';
import { confirm, overflowOption, plainOption, plainText, richOption, webAddress } from './objects.ts';

const actionId = z.string().min(1).max(ELEMENT.actionId).optional();
const placeholder = plainText(ELEMENT.placeholder).optional();
const focusable = { focus_on_load: z.boolean().optional() };
const common = { action_id: actionId, confirm: confirm.optional() };
const optionList = z.array(plainOption).min(1).max(ELEMENT.options);
const optionGroups = z
  .array(z.strictObject({ label: plainText(ELEMENT.optionText), options: optionList }))
  .min(1)
  .max(ELEMENT.optionGroups);

type Choice = { options?: readonly { value: string }[] | undefined; option_groups?: unknown };

/** Exactly one of `options` and `option_groups`. */
function oneSource(element: Choice, refuse: (message: string) => void): void {
  if ((element.options === undefined) === (element.option_groups === undefined))
    refuse('must provide either options or option_groups');
}

export const button = z.strictObject({
  type: z.literal('button'),
  ...common,
  text: plainText(ELEMENT.buttonText),
  value: z.string().max(ELEMENT.buttonValue).optional(),
  url: webAddress(ELEMENT.buttonUrl).optional(),
  style: z.enum(['primary', 'danger']).optional(),
  accessibility_label: z.string().max(ELEMENT.accessibilityLabel).optional(),
});

const overflow = z.strictObject({
  type: z.literal('overflow'),
  ...common,
  options: z.array(overflowOption).min(1).max(ELEMENT.overflowOptions),
});

const staticSelect = z
  .strictObject({
    type: z.literal('static_select'),
    ...common,
    ...focusable,
    placeholder,
    options: optionList.optional(),
    option_groups: optionGroups.optional(),
    initial_option: plainOption.optional(),
  })
  .superRefine((element, ctx) => oneSource(element, (message) => ctx.addIssue({ code: 'custom', message })));

const multiStaticSelect = z
  .strictObject({
    type: z.literal('multi_static_select'),
    ...common,
    ...focusable,
    placeholder,
    options: optionList.optional(),
    option_groups: optionGroups.optional(),
    initial_options: z.array(plainOption).min(1).optional(),
    max_selected_items: z.int().min(1).optional(),
  })
  .superRefine((element, ctx) => oneSource(element, (message) => ctx.addIssue({ code: 'custom', message })));

const usersSelect = z.strictObject({
  type: z.literal('users_select'),
  ...common,
  ...focusable,
  placeholder,
  initial_user: z.string().optional(),
});

const multiUsersSelect = z.strictObject({
  type: z.literal('multi_users_select'),
  ...common,
  ...focusable,
  placeholder,
  initial_users: z.array(z.string()).min(1).optional(),
  max_selected_items: z.int().min(1).optional(),
});

const radioButtons = z.strictObject({
  type: z.literal('radio_buttons'),
  ...common,
  ...focusable,
  options: z.array(richOption).min(1).max(ELEMENT.choiceOptions),
  initial_option: richOption.optional(),
});

const checkboxes = z.strictObject({
  type: z.literal('checkboxes'),
  ...common,
  ...focusable,
  options: z.array(richOption).min(1).max(ELEMENT.choiceOptions),
  initial_options: z.array(richOption).min(1).optional(),
});

const plainTextInput = z.strictObject({
  type: z.literal('plain_text_input'),
  action_id: actionId,
  ...focusable,
  placeholder,
  initial_value: z.string().max(ELEMENT.inputLength).optional(),
  multiline: z.boolean().optional(),
  min_length: z.int().min(0).max(ELEMENT.inputLength).optional(),
  max_length: z.int().min(1).max(ELEMENT.inputLength).optional(),
});

export const image = z.strictObject({
  type: z.literal('image'),
  image_url: webAddress(BLOCK.imageUrl),
  alt_text: z.string().min(1).max(BLOCK.imageAlt),
});

const menus = [staticSelect, multiStaticSelect, usersSelect, multiUsersSelect, radioButtons, checkboxes] as const;

/** In an actions block. */
export const actionElement = z.discriminatedUnion('type', [button, overflow, ...menus]);
/** Beside a section's text. */
export const accessory = z.discriminatedUnion('type', [button, overflow, ...menus, image]);
/** In an input block. */
export const inputElement = z.discriminatedUnion('type', [plainTextInput, ...menus]);

export type ActionElement = z.infer<typeof actionElement>;
export type InputElement = z.infer<typeof inputElement>;
export type Interactive = ActionElement | InputElement;

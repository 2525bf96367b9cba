/** What a person chose in an element: as actions and as the state of a modal carry it. */
import type { Interactive } from './blocks/elements.ts';
import type { State } from './model.ts';

/** Text that was typed, an option's value, a person's id; a list of these where several can be chosen. */
export type Choice = string | readonly string[];

/** The person's client would not let this happen: there is no such option, field or button. */
export class Impossible extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Impossible';
  }
}

type Option = { readonly value: string; readonly text: unknown };

function optionsOf(element: Interactive): readonly Option[] {
  if (!('options' in element || 'option_groups' in element)) return [];
  const groups = 'option_groups' in element ? (element.option_groups ?? []) : [];
  return [...(element.options ?? []), ...groups.flatMap((group) => group.options)];
}

function option(element: Interactive, value: string): Option {
  const found = optionsOf(element).find((each) => each.value === value);
  if (found === undefined) throw new Impossible(`${element.action_id} has no option ${value}`);
  return found;
}

function person(state: State, id: string): string {
  if (!state.users.has(id)) throw new Impossible(`there is no user ${id}`);
  return id;
}

const one = (choice: Choice | undefined) => (typeof choice === 'string' ? choice : choice?.[0]);
const many = (choice: Choice | undefined) => (typeof choice === 'string' ? [choice] : [...(choice ?? [])]);

/** What is chosen in an element before anybody touched it. */
export function initialChoice(element: Interactive): Choice | undefined {
  if ('initial_value' in element) return element.initial_value;
  if ('initial_option' in element) return element.initial_option?.value;
  if ('initial_options' in element) return element.initial_options?.map((each) => each.value);
  if ('initial_user' in element) return element.initial_user;
  if ('initial_users' in element) return element.initial_users;
  return undefined;
}

/** The part of an element that is its value; undefined for buttons and overflow menus, which have none. */
export function elementValue(state: State, element: Interactive, choice: Choice | undefined) {
  const { type } = element;
  const single = one(choice);
  switch (type) {
    case 'button':
    case 'overflow':
      return undefined;
    case 'plain_text_input':
      return { type, value: single === '' ? null : (single ?? null) };
    case 'static_select':
    case 'radio_buttons':
      return { type, selected_option: single === undefined ? null : option(element, single) };
    case 'multi_static_select':
    case 'checkboxes':
      return { type, selected_options: many(choice).map((value) => option(element, value)) };
    case 'users_select':
      return { type, selected_user: single === undefined ? null : person(state, single) };
    case 'multi_users_select':
      return { type, selected_users: many(choice).map((id) => person(state, id)) };
  }
}

/** One entry of `actions` in a block_actions payload. */
export function actionJson(state: State, element: Interactive, blockId: string, choice: Choice | undefined) {
  const common = { action_id: element.action_id, block_id: blockId, action_ts: state.clock.ts() };
  if (element.type === 'button') {
    const { type, text, value, style, confirm } = element;
    const optional = { ...(value === undefined ? {} : { value }), ...(style === undefined ? {} : { style }) };
    return { type, ...common, text, ...optional, ...(confirm === undefined ? {} : { confirm }) };
  }
  if (element.type === 'overflow') {
    const { type } = element;
    return { type, ...common, selected_option: option(element, one(choice) ?? '') };
  }
  return { ...common, ...elementValue(state, element, choice) };
}

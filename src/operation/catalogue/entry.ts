/** What is wrong, what was and wasn't done, what to do next. `{name}` stands for a parameter. */
export type Entry = { readonly wrong: string; readonly done: string; readonly next: string };
export type Entries = Readonly<Record<string, Entry>>;

export const NOTHING = 'Nothing was changed.';

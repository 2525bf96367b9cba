import { z } from 'zod';
import type { Problem } from '../operation/catalogue.ts';
import { archivePath, REASON_CHARS } from '../operation/events.ts';
import { cloudId } from '../operation/ids.ts';
import { clean } from './text.ts';

/** The slash command, as the app's manifest names it. */
export const SLASH_COMMAND = '/kolla-backup';
/** More than this is no command of ours: the longest path or reason fits. Characters. */
export const COMMAND_MAX = 600;
/** How much of what somebody typed is shown again in a refusal. */
const ECHO_MAX = 60;

/** A label as people type it. */
export const label = z
  .string()
  .regex(/^[A-Za-z]{3}-\d{1,9}$/)
  .transform((text) => text.toUpperCase());
const cloud = z
  .string()
  .regex(/^[A-Za-z0-9-]+$/)
  .transform((text) => text.toLowerCase())
  .pipe(cloudId);
/** `BKP-7` looks like a cloud's id to the eye of a schema, so labels are tried first. */
const subject = z.union([
  label.transform((value) => ({ of: 'label' as const, value })),
  cloud.transform((value) => ({ of: 'cloud' as const, value })),
]);

/** A label, then free words. */
const labelAndReason = z
  .tuple([label])
  .rest(z.string())
  .transform(([value, ...reason]) => ({ label: value, reason: clean(reason.join(' '), REASON_CHARS) }));
const none = z.tuple([]).transform(() => null);
const onCloud = z.union([none, z.tuple([cloud]).transform(([value]) => value)]);

type Grammar = {
  readonly usage: string;
  readonly does: string;
  /** The words after the subcommand, and what they mean. */
  readonly words: z.ZodType<unknown, readonly string[]>;
};

/** Every subcommand: one line of help, and a strict schema of its words. Its handler says who may. */
export const SUBCOMMANDS = {
  full: { usage: 'full [cloud]', does: 'take a full backup now', words: onCloud },
  incremental: {
    usage: 'incremental [cloud]',
    does: 'take a backup of what changed since the last one',
    words: onCloud,
  },
  restore: {
    usage: 'restore [archive] [cloud]',
    does: 'prepare a restore from an archive; another person approves before anything is destroyed',
    // An archive's name ends in `.gz`, which no cloud's does.
    words: z.union([
      none.transform(() => ({ archive: null, cloud: null })),
      z.tuple([cloud]).transform(([value]) => ({ archive: null, cloud: value })),
      z.tuple([archivePath]).transform(([archive]) => ({ archive, cloud: null })),
      z.tuple([archivePath, cloud]).transform(([archive, value]) => ({ archive, cloud: value })),
    ]),
  },
  list: {
    usage: 'list [cloud]',
    does: 'the newest operations, and the archives with what each can be restored',
    words: onCloud,
  },
  status: {
    usage: 'status [cloud|label]',
    does: 'what runs now, and the newest good backup',
    words: z.union([none, z.tuple([subject]).transform(([value]) => value)]),
  },
  cancel: {
    usage: 'cancel <label>',
    does: 'cancel an operation that has changed or destroyed nothing yet',
    words: z.tuple([label]).transform(([value]) => value),
  },
  discard: {
    usage: 'discard <label> <reason>',
    does: 'remove for good the old data that a restore has set aside; another person approves',
    words: labelAndReason,
  },
  release: {
    usage: 'release <label> [reason]',
    does: 'give a cloud back whose operation cannot end; another person agrees without a reason',
    words: labelAndReason,
  },
  audit: {
    usage: 'audit <label>',
    does: 'check an operation’s journal and attach it to its thread',
    words: z.tuple([label]).transform(([value]) => value),
  },
  help: { usage: 'help', does: 'this list', words: none },
} as const satisfies Record<string, Grammar>;

export type Subcommand = keyof typeof SUBCOMMANDS;
/** What was typed, understood: one member a subcommand. */
export type Command = {
  [K in Subcommand]: { readonly sub: K; readonly about: z.output<(typeof SUBCOMMANDS)[K]['words']> };
}[Subcommand];
export type Parsed =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly problem: Problem };

const NAMES = Object.keys(SUBCOMMANDS);

function isSubcommand(word: string): word is Subcommand {
  return Object.hasOwn(SUBCOMMANDS, word);
}

/** The text after the slash command as a command, or the refusal that says how it should be. Changes nothing. */
export function parseCommand(text: string): Parsed {
  const commands = NAMES.join(', ');
  if (text.length > COMMAND_MAX) return refuse('COMMAND_TOO_LONG', { limit: String(COMMAND_MAX), commands });
  const [first = 'help', ...words] = text.split(/\s+/).filter((word) => word !== '');
  // Phones capitalise the first word; only ASCII letters are folded.
  const sub = /^[A-Za-z]+$/.test(first) ? first.toLowerCase() : first;
  if (!isSubcommand(sub)) return refuse('COMMAND_UNKNOWN', { word: clean(first, ECHO_MAX), commands });
  const about = SUBCOMMANDS[sub].words.safeParse(words);
  if (!about.success)
    return refuse('COMMAND_UNREADABLE', {
      text: clean(words.join(' '), ECHO_MAX),
      command: sub,
      usage: `${SLASH_COMMAND} ${SUBCOMMANDS[sub].usage}`,
    });
  // The schema of this very subcommand has read `about`; the table can't tell the compiler so.
  return { ok: true, command: { sub, about: about.data } as Command };
}

function refuse(code: Problem['code'], params: Problem['params']): Parsed {
  return { ok: false, problem: { code, params } };
}

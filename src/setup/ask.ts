import { confirm, text } from '@clack/prompts';
import { typed } from '../hosts/quote.ts';
import { KollaBackupError } from '../operation/catalogue.ts';

/** Who answers what `init` can't find out: a person at a terminal, or else only the options. */

export type Question = {
  readonly what: string;
  /** The option that answers it without a terminal. */
  readonly option: string;
  readonly proposed?: string;
  /** What is wrong with an answer; null where nothing is. */
  readonly check?: (answer: string) => string | null;
};

export type Asker = {
  readonly terminal: boolean;
  /** Rejects with INIT_ANSWER_NEEDED where nobody can be asked, INIT_LEFT where somebody leaves. */
  text(question: Question): Promise<string>;
  /** No by default, and where nobody can be asked. */
  confirm(question: string): Promise<boolean>;
};

/** `file` is the config that is being written. */
export function atTerminal(file: string): Asker {
  /** A symbol stands for Ctrl-C. */
  function answered<T>(answer: T): Exclude<T, symbol> {
    if (typeof answer === 'symbol') throw new KollaBackupError('INIT_LEFT', { file: typed(file) });
    // The compiler doesn't narrow a type parameter by itself.
    return answer as Exclude<T, symbol>;
  }
  return {
    terminal: true,
    text: async ({ what, proposed, check }) => {
      const validate = (answer: string | undefined) => check?.((answer ?? '').trim()) ?? undefined;
      return answered(
        await text({ message: what, validate, ...(proposed === undefined ? {} : { initialValue: proposed }) }),
      ).trim();
    },
    confirm: async (question) => answered(await confirm({ message: question, initialValue: false })),
  };
}

export const unattended: Asker = {
  terminal: false,
  text: async ({ what, option, proposed }) => {
    const found = proposed === undefined || proposed === '' ? '' : ` (found: ${proposed})`;
    throw new KollaBackupError('INIT_ANSWER_NEEDED', { what: `${what}${found}`, option });
  },
  confirm: async () => false,
};

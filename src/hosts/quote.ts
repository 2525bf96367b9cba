/** The only place where words become a string for a shell: what `ssh` sends always goes through the login's shell. */

/** Below the 128 KiB that Linux allows for one argument, which the whole string is for the shell. */
export const COMMAND_BYTES = 120_000;

/**
 * Throws a RangeError for words that no argv can hold or that would arrive as something else. Programs choose argv
 * from plans and parsed names, so this is a defect, not something that an operator can meet.
 */
export function checkArgv(argv: readonly string[]): void {
  if (argv.length === 0 || argv[0] === '') throw new RangeError('an argv needs a program');
  for (const word of argv) {
    if (word.includes('\0')) throw new RangeError('an argument contains NUL');
    if (!word.isWellFormed()) throw new RangeError('an argument is not well-formed Unicode');
  }
  const bytes = argv.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  if (bytes > COMMAND_BYTES) throw new RangeError(`the arguments are longer than ${COMMAND_BYTES} bytes`);
}

/** POSIX single quotes: nothing inside has a meaning, and the quote itself is written outside, escaped. */
function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A word as people type it, and may paste it: in quotes only where a shell would take it for something else. */
export function typed(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quoteWord(word);
}

/** One string that a POSIX shell takes apart into exactly these words. Throws as `checkArgv` does. */
export function quote(argv: readonly string[]): string {
  checkArgv(argv);
  const command = argv.map(quoteWord).join(' ');
  if (Buffer.byteLength(command) > COMMAND_BYTES)
    throw new RangeError(`the quoted command is longer than ${COMMAND_BYTES} bytes`);
  return command;
}

/** A command of the command line. */
export type Command = {
  /** How it may be typed, and what each does: a line of the help. */
  readonly forms: readonly (readonly [form: string, does: string])[];
  /** With what stands behind its name; the exit code: 0 good, 1 failed or found something, 2 couldn't begin or couldn't look. */
  run(rest: readonly string[]): Promise<number>;
};

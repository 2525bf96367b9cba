import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { bareEnvironment } from '../../lab/bare-environment.ts';
import type { Check } from '../../src/doctor/check.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export type Examined = {
  readonly exit: number | undefined;
  readonly checks: readonly Check[];
  /** What isn't good, as `about: id result CODE`. */
  readonly found: readonly string[];
  /** The one check of that id about what ends so; throws where there is none. */
  one(id: string, about?: string): Check;
};

type Environment = Readonly<Record<string, string>>;

/** Runs the command as an operator does. */
export async function runDoctor(environment: Environment, ...args: readonly string[]) {
  const env = { ...bareEnvironment(), ...environment };
  const argv = [MAIN, 'doctor', ...args];
  return execa(process.execPath, argv, { env, extendEnv: false, reject: false, stripFinalNewline: false });
}

export async function examined(environment: Environment): Promise<Examined> {
  const { stdout, stderr, exitCode } = await runDoctor(environment, '--json');
  if (stdout === '') throw new Error(`the doctor said nothing but: ${stderr}`);
  // It is our own output, read back for tests alone.
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return {
    exit: exitCode,
    checks,
    found: checks
      .filter(({ result }) => result !== 'good')
      .map(({ about, id, result, code }) => `${about}: ${id} ${result}${code === null ? '' : ` ${code}`}`),
    one(id, about = '') {
      const found = checks.find((one) => one.id === id && one.about.endsWith(about));
      if (found === undefined) throw new Error(`no check ${id} about ${about} in ${JSON.stringify(checks, null, 1)}`);
      return found;
    },
  };
}

/** The config file as the lab writes it. */
export type Settings = {
  ssh: Record<string, unknown>;
  clouds: Record<string, { nodes: Record<string, { ssh: Record<string, unknown> }>; [key: string]: unknown }>;
  limits: Record<string, unknown>;
  [key: string]: unknown;
};

/** Changes the config file (JSON, as the lab writes it) while something is done. */
export async function withConfig<T>(
  file: string,
  change: (config: Settings) => void,
  act: () => Promise<T>,
): Promise<T> {
  const before = await readFile(file, 'utf8');
  const config = JSON.parse(before) as Settings;
  change(config);
  await writeFile(file, JSON.stringify(config, null, 2));
  try {
    return await act();
  } finally {
    await writeFile(file, before);
  }
}

import { COMMANDS, USAGE } from './commands.ts';
import { words } from './in-words.ts';
import { readVersion } from './version.ts';

/** Answered before anything is read: neither the environment nor its secrets. */
const TEXTS: Readonly<Record<string, () => string>> = {
  help: () => USAGE,
  '--help': () => USAGE,
  '-h': () => USAGE,
  '--version': () => `kolla-backup ${readVersion()}, Node ${process.version}\n`,
};

const isCommand = (name: string): name is keyof typeof COMMANDS => Object.hasOwn(COMMANDS, name);

async function main([name = '', ...rest]: readonly string[]): Promise<number> {
  const text = Object.hasOwn(TEXTS, name) ? TEXTS[name] : undefined;
  if (text !== undefined) {
    process.stdout.write(text());
    return 0;
  }
  if (isCommand(name)) return COMMANDS[name].run(rest);
  process.stderr.write(`${name === '' ? 'No command.' : `There is no command ${JSON.stringify(name)}.`}\n\n${USAGE}`);
  return 2;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${words(error)}\n`);
  process.exit(2);
}

import { parseArgs } from 'node:util';
import type { Seen } from './doctor/check.ts';
import { examine } from './doctor/examine.ts';
import { COLUMNS, exitOf, json, table } from './doctor/report.ts';
import { keyringOf, loadConfig, readEnvironment } from './load-config.ts';
import { KollaBackupError } from './operation/catalogue.ts';

export const DOCTOR_USAGE = 'doctor [--json] [--cloud ID …]';

/** Looks at the whole set-up and changes nothing; the text for standard output, and the exit code. */
export async function doctorCommand(
  args: readonly string[],
  from: NodeJS.ProcessEnv,
  terminal: { readonly isTTY?: boolean; readonly columns?: number },
): Promise<{ readonly text: string; readonly exit: number }> {
  const { json: asJson, cloud: named = [] } = readOptions(args);
  const environment = readEnvironment(from);
  const config = loadConfig(environment.KOLLA_BACKUP_CONFIG);
  const all = Object.keys(config.clouds);
  const stranger = named.find((id) => !all.includes(id));
  if (stranger !== undefined) throw new KollaBackupError('CLOUD_UNKNOWN', { cloud: stranger, clouds: all.join(', ') });
  const token = (variable: 'SLACK_BOT_TOKEN' | 'SLACK_APP_TOKEN'): Seen<string> => {
    const found = environment[variable];
    return found === undefined ? { blocked: `${variable} is not set here` } : { seen: found };
  };
  const checks = await examine({
    config,
    clouds: named.length > 0 ? named : all,
    redisUrl: environment.REDIS_URL,
    ring: keyringOf(environment),
    tokens: { bot: token('SLACK_BOT_TOKEN'), app: token('SLACK_APP_TOKEN') },
    slackApi: environment.SLACK_API_URL,
    paths: [environment.KOLLA_BACKUP_CONFIG, config.log_directory],
  });
  const colour = terminal.isTTY === true && !from['NO_COLOR'];
  const text = asJson ? json(checks, Date.now()) : table(checks, { colour, columns: terminal.columns ?? COLUMNS });
  return { text, exit: exitOf(checks) };
}

function readOptions(args: readonly string[]) {
  const options = {
    json: { type: 'boolean', default: false },
    cloud: { type: 'string', multiple: true },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new KollaBackupError('USAGE', { usage: DOCTOR_USAGE }, { cause });
  }
}

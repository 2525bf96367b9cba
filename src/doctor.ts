import { parseArgs } from 'node:util';
import type { Config } from './config.ts';
import { askRights } from './doctor/ask-rights.ts';
import type { Seen } from './doctor/check.ts';
import { type SeenEnvironment, seeEnvironment } from './doctor/environment.ts';
import { examine } from './doctor/examine.ts';
import { COLUMNS, exitOf, json, table } from './doctor/report.ts';
import { authorizedKeys, sudoers } from './doctor/rights.ts';
import { keyringOf, loadConfig } from './load-config.ts';
import { KollaBackupError } from './operation/catalogue.ts';

export const DOCTOR_USAGE = 'doctor [--json | --sudoers | --authorized-keys] [--cloud ID …]';

type Answer = { readonly text: string; readonly exit: number };
type Terminal = { readonly isTTY?: boolean; readonly columns?: number };

/**
 * Looks at the whole set-up and changes nothing, or prints what hosts must let the bot do: the text for standard
 * output, and the exit code (0 good, 1 found something, 2 couldn't look). Throws where config or arguments are wrong.
 */
export async function doctorCommand(
  args: readonly string[],
  from: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<Answer> {
  const options = readOptions(args);
  const environment = seeEnvironment(from);
  const config = loadConfig(environment.values.KOLLA_BACKUP_CONFIG);
  const clouds = chosenClouds(config, options.cloud ?? []);
  const agent = environment.values.SSH_AUTH_SOCK;
  if (options.sudoers || options['authorized-keys']) {
    const { hosts, jumps } = await askRights(config, clouds, agent);
    return { text: options.sudoers ? sudoers(hosts) : authorizedKeys(hosts, jumps), exit: 0 };
  }

  const checks = await examine(setupOf(environment, config, clouds));
  const look = { colour: terminal.isTTY === true && !from['NO_COLOR'], columns: terminal.columns || COLUMNS };
  return { text: options.json ? json(checks, Date.now()) : table(checks, look), exit: exitOf(checks) };
}

function setupOf({ values, problems }: SeenEnvironment, config: Config, clouds: readonly string[]) {
  const token = (variable: 'SLACK_BOT_TOKEN' | 'SLACK_APP_TOKEN' | 'SLACK_SIGNING_SECRET'): Seen<string> => {
    const [problem, found] = [problems.get(variable), values[variable]];
    if (problem !== undefined) return { problem };
    return found === undefined ? { blocked: `${variable} is not set here` } : { seen: found };
  };
  const keys = ['KOLLA_BACKUP_KEY', 'KOLLA_BACKUP_KEY_ID', 'KOLLA_BACKUP_OLD_KEYS'] as const;
  return {
    config,
    clouds,
    agent: values.SSH_AUTH_SOCK,
    environment: [...problems].flatMap(([name, problem]) =>
      /^SLACK_(?:BOT_TOKEN|APP_TOKEN|SIGNING_SECRET)$/.test(name) ? [] : [problem],
    ),
    redisUrl: problems.has('REDIS_URL') ? { blocked: 'REDIS_URL is not as it must be' } : { seen: values.REDIS_URL },
    ring: keys.some((name) => problems.has(name)) ? null : keyringOf(values),
    tokens: {
      bot: token('SLACK_BOT_TOKEN'),
      hears: {
        by: config.slack.mode,
        secret: token(config.slack.mode === 'http' ? 'SLACK_SIGNING_SECRET' : 'SLACK_APP_TOKEN'),
      },
    },
    slackApi: values.SLACK_API_URL,
    paths: [values.KOLLA_BACKUP_CONFIG, config.log_directory],
  };
}

function chosenClouds({ clouds }: Config, named: readonly string[]): readonly string[] {
  const all = Object.keys(clouds);
  const stranger = named.find((id) => !all.includes(id));
  if (stranger !== undefined) throw new KollaBackupError('CLOUD_UNKNOWN', { cloud: stranger, clouds: all.join(', ') });
  return named.length > 0 ? named : all;
}

function readOptions(args: readonly string[]) {
  const options = {
    json: { type: 'boolean' },
    sudoers: { type: 'boolean' },
    'authorized-keys': { type: 'boolean' },
    cloud: { type: 'string', multiple: true },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    if ([values.json, values.sudoers, values['authorized-keys']].filter(Boolean).length > 1)
      throw new Error('one of them');
    return values;
  } catch (cause) {
    throw new KollaBackupError('USAGE', { usage: DOCTOR_USAGE }, { cause });
  }
}

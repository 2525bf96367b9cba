import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { typed } from '../hosts/quote.ts';
import { parseConfig } from '../load-config.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import { askCloudName, askDeployHost, askPeople, askSsh, jumpsOf } from './answers.ts';
import type { Asker } from './ask.ts';
import type { CloudInput, Init } from './draft.ts';
import { findCloud } from './find-cloud.ts';
import { findDeployment } from './find-deployment.ts';
import { recognise } from './host-keys.ts';
import type { InitOptions } from './init-options.ts';
import { writeConfig } from './write-config.ts';

/**
 * `kolla-backup init`: asks what it can't find out, looks at the deployment with the logins that it is about to write
 * down, and writes a config. It changes nothing but that file and, where somebody says so, known_hosts.
 */

const SCHEMA = fileURLToPath(new URL('../../config.schema.json', import.meta.url));

const ABOUT = [
  'Written by `kolla-backup init`. docs/config.md describes every setting.',
  'Secrets do not stand here but in the environment: SLACK_BOT_TOKEN, SLACK_APP_TOKEN, KOLLA_BACKUP_KEY, REDIS_URL.',
];

/** The exit code: 0, or 1 where something was found that should be looked at first. Rejects with a KollaBackupError. */
export async function init(options: InitOptions, ask: Asker, tell: (line: string) => void): Promise<number> {
  const { file } = options;
  if (existsSync(file)) throw new KollaBackupError('INIT_EXISTS', { file });
  const warnings: string[] = [];
  const warn = (line: string) => {
    warnings.push(line);
    tell(`! ${line}`);
  };
  const name = await askCloudName(options, ask);
  const place = await askDeployHost(options, ask);
  const ssh = await askSsh(options, place, ask);
  // Without a terminal what is missing is told before anything is looked at; at one, that the logins work is seen first.
  const given = ask.terminal ? null : await askPeople(options, ssh, ask);
  const [behind = null] = jumpsOf(options);
  const keys = { ask, trusted: options.trusted, tell, behind };
  const parts: Init = {
    ...{ options, ask, tell, warn, ssh, agentSocket: options.agentSocket },
    recognise: (host, atDeployHost) => recognise(host, ssh.known_hosts, keys, atDeployHost),
  };
  if (behind !== null)
    await parts.recognise({ name: 'the jump host', address: behind.address, port: behind.port ?? 22 });
  const deployment = await findDeployment(parts, place);
  const { nodes, settings, suggest, about } = await findCloud(parts, deployment);
  const { deploy_host, inventories } = deployment.input;
  const people = given ?? (await askPeople(options, ssh, ask));
  if (deploy_host === undefined || inventories === undefined) throw new TypeError('a deployment has both');
  const cloud: CloudInput = { deploy_host, inventories, nodes, ...settings, ...people };
  const text = writeConfig(
    { ssh, clouds: { [name]: cloud } },
    {
      schema: SCHEMA,
      about: [...ABOUT, ...about],
      suggest: Object.fromEntries(Object.entries(suggest).map(([key, value]) => [`clouds.${name}.${key}`, value])),
    },
  );
  parseConfig(file, text);
  await write(file, text);
  tell(`\nWritten: ${file}`);
  if (warnings.length > 0) tell('Look first at what is marked with “!” above.');
  tell('Next, with the secrets in the environment (docs/install.md):');
  tell(`  KOLLA_BACKUP_CONFIG=${typed(file)} kolla-backup doctor`);
  return warnings.length > 0 ? 1 : 0;
}

/** Never over a file that is there. */
async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx', mode: 0o644 });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')
      throw new KollaBackupError('INIT_EXISTS', { file }, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KollaBackupError('INIT_UNWRITABLE', { file, reason }, { cause });
  }
}

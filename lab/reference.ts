/**
 * What is made from the code: the JSON schema and the example of the config, and the references of config and error
 * codes. `node lab/reference.ts` writes them anew; a test fails while one isn't up to date.
 */
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { environment } from '../src/load-config.ts';
import { catalogue } from '../src/operation/catalogue.ts';
import { entryOf, type Setting, schemaOf, settings } from '../src/setup/settings.ts';
import { writeConfig } from '../src/setup/write-config.ts';

const MADE = 'Made from the code by `npm run reference`; changes here are lost.';

/** The files by their path in the project. */
export function references(): Readonly<Record<string, string>> {
  return {
    'config.schema.json': `${JSON.stringify({ title: 'kolla-backup', ...settings }, null, 2)}\n`,
    'config.example.yml': example(),
    'docs/config.md': configPage(),
    'docs/errors.md': errorsPage(),
  };
}

function example(): string {
  const about = [
    'kolla-backup’s config; `kolla-backup init` writes one for a cloud, docs/config.md has every setting.',
    'Secrets do not stand here but in the environment: SLACK_BOT_TOKEN, SLACK_APP_TOKEN, KOLLA_BACKUP_KEY, REDIS_URL.',
  ];
  const cli = '/opt/kolla-ansible-cli';
  const keys = '/etc/kolla-backup/ssh';
  const everyone = { users: ['U0123456789'], groups: ['S0123456789'] };
  const prod = {
    deploy_host: { ssh: { address: '192.0.2.10' }, executable: `${cli}/.venv/bin/kolla-ansible`, cwd: cli },
    inventories: [`${cli}/inventory.yml`, `${cli}/ansible/inventory/multinode`],
    nodes: {
      'comfortable-lark.local': { ssh: { address: '192.0.2.11' }, engine: 'docker' as const },
      'encouraging-bobcat.local': { ssh: { address: '192.0.2.12' } },
      'hardcore-rodent.local': { ssh: { address: '192.0.2.13', port: 2222, user: 'kolla', sudo: true } },
    },
    channel: 'C0123456789',
    requesters: everyone,
    approvers: everyone,
  };
  const ssh = { user: 'root', key_files: [`${keys}/id_ed25519`], known_hosts: [`${keys}/known_hosts`] };
  const suggest = { 'clouds.prod.backup_host': 'encouraging-bobcat.local' };
  return writeConfig({ ssh, clouds: { prod } }, { schema: './config.schema.json', about, suggest });
}

function configPage(): string {
  const variables: Setting = z.toJSONSchema(environment, { target: 'draft-7', io: 'input' });
  return [
    '# Config',
    '',
    'One YAML file, found by `KOLLA_BACKUP_CONFIG`, and secrets in the environment. `kolla-backup init` writes the file;',
    '[config.example.yml](../config.example.yml) shows it, and editors complete it by',
    '[config.schema.json](../config.schema.json). Every mistake is told with its line and how to correct it.',
    '',
    `<!-- ${MADE} -->`,
    '',
    '## Environment',
    '',
    ...table('variable', variables),
    '',
    ...sections(settings, []),
    '',
  ].join('\n');
}

/** One section for each block of settings, those in it after it. */
function sections(setting: Setting, path: readonly string[]): string[] {
  const entry = entryOf(setting);
  if (entry?.properties !== undefined)
    return sections({ ...entry, description: setting.description ?? '' }, [...path, '<name>']);
  const title = path.length === 0 ? 'The file' : `\`${path.join('.')}\``;
  const below = Object.entries(setting.properties ?? {}).flatMap(([name, part]) => {
    const one = schemaOf(part) ?? {};
    return one.properties !== undefined || entryOf(one) !== undefined ? ['', ...sections(one, [...path, name])] : [];
  });
  const about = setting.description === undefined ? [] : [cell(setting.description), ''];
  return [`## ${title}`, '', ...about, ...table('setting', setting), ...below];
}

function table(what: string, { properties = {}, required = [] }: Setting): string[] {
  const rows = Object.entries(properties).map(([name, part]) => {
    const one = schemaOf(part) ?? {};
    const usual = required.includes(name)
      ? '*required*'
      : one.default === undefined ||
          (typeof one.default === 'object' && !Array.isArray(one.default) && one.default !== null)
        ? ''
        : `\`${JSON.stringify(one.default)}\``;
    return `| \`${name}\` | ${kind(one)} | ${usual} | ${cell(one.description ?? '')} |`;
  });
  return [`| ${what} | | default | |`, '|---|---|---|---|', ...rows];
}

const cell = (text: string) => text.replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;');

/** What a setting holds, in a word or two. */
function kind(setting: Setting): string {
  if (setting.const !== undefined) return `\`${String(setting.const)}\``;
  if (setting.enum !== undefined) return setting.enum.map((one) => `\`${String(one)}\``).join(', ');
  if (setting.anyOf !== undefined) return setting.anyOf.map((one) => kind(schemaOf(one) ?? {})).join(' or ');
  if (entryOf(setting) !== undefined || setting.properties !== undefined) return 'block';
  const { minimum, maximum } = setting;
  switch (setting.type) {
    case 'array':
      return 'list';
    case 'string':
      return 'text';
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
    case 'number':
      return minimum === undefined || maximum === undefined ? 'number' : `${minimum} to ${maximum}`;
    default:
      return String(setting.type ?? '');
  }
}

function errorsPage(): string {
  const codes = Object.entries(catalogue).toSorted(([one], [other]) => one.localeCompare(other));
  return [
    '# Error codes',
    '',
    'Every refusal and failure has a code, and says what is wrong, what was and was not done, and what to do next.',
    'What stands in braces is filled in.',
    '',
    `<!-- ${MADE} -->`,
    ...codes.flatMap(([code, { wrong, done, next }]) => [
      '',
      `## ${code}`,
      '',
      ...[wrong, done, next].map((text) => `- ${cell(text)}`),
    ]),
    '',
  ].join('\n');
}

if (import.meta.main) {
  const root = new URL('../', import.meta.url);
  for (const [path, text] of Object.entries(references())) writeFileSync(new URL(path, root), text);
}

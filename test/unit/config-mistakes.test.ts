import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examineConfig, loadConfig, parseConfig, readEnvironment } from '../../src/load-config.ts';
import { KollaBackupError } from '../../src/operation/catalogue.ts';
import { slackAccess } from '../../src/slack-access.ts';

const GOOD = `ssh:
  user: root
clouds:
  prod:
    deploy_host:
      ssh: { address: 192.0.2.10 }
      executable: /opt/kolla/bin/kolla-ansible
    inventories: [/opt/kolla/multinode]
    nodes:
      lark.local:
        ssh: { address: 192.0.2.11, port: 2222 }
        engine: docker
      bobcat.local: { ssh: { address: 192.0.2.12 } }
    channel: C0123456789
    requesters: { groups: [S0123456789] }
    approvers: { users: [U0123456789, U0123456788] }
limits:
  backup_minutes: 240
`;
const CLOUDS = GOOD.slice(GOOD.indexOf('clouds:'), GOOD.indexOf('limits:'));
const NODES = GOOD.slice(GOOD.indexOf('    nodes:'), GOOD.indexOf('    channel:'));
const DEPLOY = 'clouds.prod.deploy_host';
const LARK = 'clouds.prod.nodes.lark.local';

/** One mistake each: what is written instead of what, “@@” before its place; which setting is named, and what is said. */
// biome-ignore format: one a line
const MISTAKES: readonly (readonly [name: string, from: string, to: string, where: string, said: RegExp])[] = [
  ['a misspelt setting', '  user: root', '  @@uesr: root', 'ssh.uesr', /no setting “uesr” here. Did you mean “user”\?/],
  ['a misspelt required setting', '    inventories', '    @@inventory', 'clouds.prod.inventory', /mean “inventories”/],
  ['a setting with dashes', '  backup_minutes', '  @@backup-minutes', 'limits.backup-minutes', /mean “backup_minutes”/],
  ['a setting that there never was', 'ssh:\n', '@@database: x\nssh:\n', 'database', /no setting “database”. Take it out.*clouds/],
  ['a setting in the wrong block', 'limits:\n', '@@channel: C0123456789\nlimits:\n', 'channel', /does not belong here. Its place is clouds\.<name>\.channel/],
  ['a setting twice', '    channel: C0123456789\n', '    channel: C0123456789\n    @@channel: C0123456789\n', '', /twice.*Keep one/],
  ['a tab', '    channel:', '@@\tchannel:', '', /tab.*Use spaces/],
  ['a setting that is indented too far', '    channel:', '      unit: @@x.service\n    channel:', 'clouds.prod.nodes.unit', /is text. It must be a block.*place is clouds\.<name>\.unit: check the indentation/],
  ['a block in the middle of another', '    channel:', '  channel:', '', /begins in the middle.*Indent it/],
  ['a colon in a text', '/opt/kolla/bin/kolla-ansible', '/opt: kolla', '', /two colons.*in quotes/],
  ['a bracket that is not closed', '[/opt/kolla/multinode]', '[/opt/kolla/multinode', '', /bracket.*not closed. Close it/],
  ['a quote that is not closed', 'user: root', 'user: "root', '', /YAML cannot be read: Missing closing "quote. Correct it/],
  ['a handle without quotes', '[S0123456789]', '[@@@ops]', '', /must stand in quotes/],
  ['a second document', 'limits:\n', '@@---\nlimits:\n', '', /second document.*Take out/],
  ['a tag', 'user: root', 'user: !vault root', '', /Tags such as !vault are not read.*environment/],
  ['a missing channel', '    channel: C0123456789\n', '', 'clouds.prod.channel', /“channel” is missing in this block. Add it: Slack channel of this cloud, by its id/],
  ['a missing path of kolla-ansible', '      executable: /opt/kolla/bin/kolla-ansible\n', '', `${DEPLOY}.executable`, /“executable” is missing in this block. Add it: Path of kolla-ansible/],
  ['no clouds at all', CLOUDS, '', 'clouds', /“clouds” is missing in this block. Add it: The clouds/],
  ['clouds without one', CLOUDS, 'clouds: @@{}\n', 'clouds', /names no cloud. Name one/],
  ['a setting without a value', 'channel: C0123456789', '@@channel:', 'clouds.prod.channel', /“channel” has no value. Write one: Slack channel/],
  ['a name that YAML takes for a comment', 'C0123456789', '#cloud-ops', 'clouds.prod.channel', /“channel” has no value/],
  ['a channel by its name', 'C0123456789', "@@'#cloud-ops'", 'clouds.prod.channel', /“#cloud-ops” is not a channel id.*end of the channel’s details/],
  ['a user by their name', '[U0123456789, U', '[@@alice, U', 'clouds.prod.approvers.users.0', /“alice” is not a user id.*Copy member ID/],
  ['a user group by its handle', 'S0123456789', "@@'@ops'", 'clouds.prod.requesters.groups.0', /“@ops” is not a user group id/],
  ['a user where a group belongs', 'S0123456789', '@@U0123456789', 'clouds.prod.requesters.groups.0', /not a user group id/],
  ['nobody who may ask', '{ groups: [S0123456789] }', '@@{ groups: [] }', 'clouds.prod.requesters', /names nobody. Name people under/],
  ['a path that is not absolute', '/opt/kolla/bin', '@@opt/kolla/bin', `${DEPLOY}.executable`, /“opt\/kolla\/bin\/kolla-ansible” is not an absolute path. Begin it with \//],
  ['one inventory without a list', '[/opt/kolla/multinode]', '@@/opt/kolla/multinode', 'clouds.prod.inventories', /“\/opt\/kolla\/multinode” is text. It must be a list/],
  ['no inventory', '[/opt/kolla/multinode]', '@@[]', 'clouds.prod.inventories', /list is empty. It needs at least 1/],
  ['text where a block belongs', '{ groups: [S0123456789] }', '@@S0123456789', 'clouds.prod.requesters', /must be a block/],
  ['nodes as a list', NODES, '    nodes: @@[lark.local, bobcat.local]\n', 'clouds.prod.nodes', /is a list. It must be a block: names/],
  ['a port out of range', '2222', '@@222222', `${LARK}.ssh.port`, /“222222” is too large. It must be at most 65535. TCP port.*22 where nothing is said/],
  ['a port in quotes', '2222', "@@'2222'", `${LARK}.ssh.port`, /“2222” is text. It must be a number, without quotes/],
  ['an address that is none', '192.0.2.12', '@@-oProxyCommand=x', 'clouds.prod.nodes.bobcat.local.ssh.address', /“-oProxyCommand=x” is not a host name or an IP address. Write it as the workers/],
  ['an agent that is a number', '  user: root', '  agent: @@7', 'ssh.agent', /“7” is not possible here. The socket of an SSH agent/],
  ['an agent by a path that is not absolute', '  user: root', '  agent: @@agent.sock', 'ssh.agent', /“agent.sock” is not an absolute path/],
  ['a jump host of a jump host', '  user: root', '  jump: [{ address: a, @@jump: [{ address: b }] }]', 'ssh.jump.0.jump', /“jump” does not belong here|no setting “jump”/],
  ['a limit with a unit', '240', '@@4h', 'limits.backup_minutes', /“4h” is text. It must be a number, without quotes and units.*In minutes. By default it is 240/],
  ['a limit of nothing', '240', '@@0', 'limits.backup_minutes', /“0” is too small. It must be at least 1/],
  ['half a minute where whole ones count', '240', '@@0.5', 'limits.backup_minutes', /whole number/],
  ['an engine that there is not', 'engine: docker', 'engine: @@dokcer', `${LARK}.engine`, /“dokcer” is none of docker, podman. Did you mean docker\?/],
  ['yes instead of true', '  user: root', '  user: root\n  sudo: @@yes', 'ssh.sudo', /“yes” is text. It must be true or false/],
  ['a user that is a number', '  user: root', '  user: @@1000', 'ssh.user', /1000 is a number for YAML.*Put it in quotes: "1000"/],
  ['a node whose name is a number', 'lark.local:', '@@007:', '', /The name 007 is no text for YAML, but a number. Put it in quotes: "007"/],
  ['a node with a strange name', 'lark.local:', '@@"$(reboot)":', 'clouds.prod.nodes.$(reboot)', /“\$\(reboot\)” is not the name of a host/],
  ['a cloud with a strange name', '  prod:', '  @@Prod Cloud:', 'clouds.Prod Cloud', /“Prod Cloud” is not a name for a cloud. Use a to z/],
  ['no nodes', NODES, '    nodes: @@{}\n', 'clouds.prod.nodes', /names no node. Name every host/],
  ['a backup host that is no node', '    channel', '    backup_host: @@lark\n    channel', 'clouds.prod.backup_host', /not one of the nodes. Name one of lark.local, bobcat.local/],
  ['both ssh and local', '      executable', '      local: true\n      executable', DEPLOY, /exactly one of `ssh` and `local: true`/],
  ['neither ssh nor local', '      ssh: { address: 192.0.2.10 }\n', '', DEPLOY, /exactly one of `ssh` and `local: true`/],
  ['local: false', 'ssh: { address: 192.0.2.10 }', 'local: @@false', `${DEPLOY}.local`, /“false” is not possible here. Write true, or leave it out/],
  ['approvals that cannot be had', '    approvers', '    approvals: @@3\n    approvers', 'clouds.prod.approvals', /cannot be met: of the approvers named \(2\) fewer than 3 are left without the requester. Name more/],
  ['a unit that is none', '    approvers', '    unit: @@mariadb\n    approvers', 'clouds.prod.unit', /“mariadb” is not the name of a systemd unit. Write it whole, as in kolla-mariadb-container.service/],
  ['an argument that narrows a run', '      executable', '      extra_arguments: @@[--limit, control]\n      executable', `${DEPLOY}.extra_arguments`, /may not hold --limit. Allowed are --vault-password-file/],
  ['a secret as an argument', '      executable', '      extra_arguments: @@[-e, db_password=hunter2]\n      executable', `${DEPLOY}.extra_arguments`, /may not hold -e db_password\. .*no secrets/],
  ['a bot token in the file', 'limits:\n', 'slack_bot_token: @@xoxb-1-hidden\nlimits:\n', '', /token of Slack.*set SLACK_BOT_TOKEN in the environment.*replace it/],
  ['a token where an id belongs', 'C0123456789', '@@xapp-1-hidden', '', /app-level token of Slack.*SLACK_APP_TOKEN/],
  ['the journal’s key in the file', 'limits:\n', '@@kolla_backup_key: 00ff00ff\nlimits:\n', 'kolla_backup_key', /Set KOLLA_BACKUP_KEY in the environment/],
  ['Redis in the file', 'limits:\n', 'redis: @@redis://:hidden@192.0.2.1\nlimits:\n', '', /address of Redis.*REDIS_URL/],
  ['a private key in the file', '  user: root', '  user: root\n  key_files: [@@"-----BEGIN OPENSSH PRIVATE KEY-----hidden"]', '', /private key.*Take it out/],
  ['a merge key', '{ ssh: { address: 192.0.2.12 } }', '{ @@<<: { engine: docker }, ssh: { address: 192.0.2.12 } }', '', /not merged.*Write the settings out/],
  ['an alias of nothing', '{ groups: [S0123456789] }', '@@*ops', '', /No anchor of this name/],
  ['a mistake behind an anchor', 'lark.local:\n        ssh: {', 'lark.local:\n        ssh: &login { @@prot: 22,', `${LARK}.ssh.prot`, /mean “port”/],
  ['a file that is only text', GOOD, '@@clouds', '', /“clouds” is text. It must be a block/],
  ['an empty file', GOOD, '', '', /empty. Remove it, then write it with: kolla-backup init FILE/],
  ['a file of comments', GOOD, '# nothing\n', '', /empty/],
];

function marked(text: string): { text: string; line: number; column: number } | null {
  if (!text.includes('@@')) return null;
  const before = text.slice(0, text.indexOf('@@')).split('\n');
  return { text: text.replace('@@', ''), line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function mistakesIn(text: string) {
  const read = examineConfig(text);
  return 'mistakes' in read ? read.mistakes : [];
}

function problemOf(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (error instanceof KollaBackupError) return { ...error.problem, message: error.message };
    throw error;
  }
  return null;
}

test('the config without a mistake is one', () => {
  expect(examineConfig(GOOD)).toHaveProperty('config');
});

describe('each mistake by itself is named with its place and its remedy', () => {
  test.each(MISTAKES)('%s', (name, from, to, where, said) => {
    expect(GOOD).toContain(from);
    const wrong = GOOD.replace(from, () => to);
    const place = marked(wrong);
    const found = mistakesIn(place?.text ?? wrong);
    if (process.env['SHOW'])
      console.log(`${name}\n  ${found.map((one) => `${one.line}:${one.column}: ${one.where}: ${one.said}`)}`);
    expect(found).toHaveLength(1);
    expect(found[0]?.said).toMatch(said);
    expect(found[0]?.said).toMatch(/\.$|\?$|init FILE$/);
    expect(found[0]?.where).toBe(where);
    if (place) expect(found[0]).toMatchObject({ line: place.line, column: place.column });
    expect(JSON.stringify(found)).not.toMatch(/hidden|hunter2|00ff00ff/);
  });
});

test('an anchor may stand for a whole value', () => {
  const text = GOOD.replace('requesters: {', 'requesters: &ops {').replace(/approvers: .*/, 'approvers: *ops');
  const read = examineConfig(text);
  expect('config' in read && read.config.clouds['prod']?.approvers).toEqual({ users: [], groups: ['S0123456789'] });
});

test('a secret is shown by no mistake, wherever else it is used', () => {
  const text = GOOD.replace('user: root', 'user: &t xoxb-1-hidden').replace('C0123456789', '*t');
  expect(mistakesIn(text).map(({ line }) => line)).toEqual([2, 14]);
  expect(JSON.stringify(mistakesIn(text))).not.toContain('hidden');
});

test('all mistakes are told at once, in the order of the lines, as an editor can jump to them', () => {
  const text = GOOD.replace('user: root', 'uesr: root')
    .replace('2222', '0')
    .replace('C0123456789', 'ops')
    .replace('    inventories: [/opt/kolla/multinode]\n', '')
    .replace('backup_minutes: 240', 'backup_minutes: 240\n  backup_minutes: 300');
  const problem = problemOf(() => parseConfig('/etc/kolla-backup/config.yml', text));
  const lines = problem?.message.split('\n') ?? [];
  expect(lines[0]).toBe('CONFIG_INVALID: 5 mistakes:');
  expect(lines.slice(1, -1).map((line) => /^\/etc\/kolla-backup\/config\.yml:(\d+:\d+): /.exec(line)?.[1])).toEqual([
    '2:3',
    '4:3',
    '10:43',
    '13:14',
    '18:3',
  ]);
  expect(lines.at(-1)).toMatch(/^Nothing was started\. Correct the file/);
});

test('whatever is written there: a config, or mistakes that stand in the file', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '\n',
      '  ',
      '\t',
      ': ',
      '- ',
      '[',
      '}',
      '"',
      '#',
      '&a ',
      '*a',
      '<<: ',
      '!!x ',
      '? ',
      '|',
      '@',
      '\r\n',
      '\u0000',
      'null',
    ),
    fc.string({ maxLength: 3, unit: 'binary' }),
  );
  const edit = fc.record({ at: fc.nat(GOOD.length), removed: fc.nat(12), written: piece });
  const edited = fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce((text, { at, removed, written }) => text.slice(0, at) + written + text.slice(at + removed), GOOD),
    );
  fc.assert(
    fc.property(edited, (text) => {
      const lines = text.split('\n');
      for (const { line, column, said } of mistakesIn(text)) {
        // Our words, not the schema's.
        expect(said).toMatch(/[.?]$|init FILE$/);
        expect(said).not.toMatch(/Invalid input|, received|undefined/);
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
      }
    }),
    { numRuns: 400 },
  );
});

describe('the file itself', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'config-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  test('one that is not there', () => {
    const problem = problemOf(() => loadConfig(join(dir, 'none.yml')));
    expect(problem).toMatchObject({ code: 'CONFIG_MISSING', params: { reason: 'there is no such file' } });
    expect(problem?.message).toMatch(/kolla-backup init/);
  });

  test('a directory', () => {
    expect(problemOf(() => loadConfig(dir))?.params).toMatchObject({ reason: 'it is a directory' });
  });

  test('one that everybody may change, and with it who approves', async () => {
    const file = join(dir, 'config.yml');
    await writeFile(file, GOOD);
    await chmod(file, 0o644);
    expect(Object.keys(loadConfig(file).clouds)).toEqual(['prod']);
    await chmod(file, 0o666);
    expect(problemOf(() => loadConfig(file))?.message).toMatch(/CONFIG_WRITABLE: .*chmod o-w/);
  });
});

const KEY = 'k'.repeat(64);

/** One variable is wrong in each. */
// biome-ignore format: one a line
const ENVIRONMENTS: readonly (readonly [name: string, environment: Record<string, string>, said: RegExp])[] = [
  ['no key', {}, /KOLLA_BACKUP_KEY is not set. Give the key that bot and workers have .* Only a new installation makes one: openssl rand -hex 32/],
  ['a key under a misspelt name', { KOLLA_BACKUP_KEYS: KEY }, /KOLLA_BACKUP_KEY is not set, but KOLLA_BACKUP_KEYS is. Correct its name/],
  ['a key that is too short', { KOLLA_BACKUP_KEY: 'hunter2' }, /KOLLA_BACKUP_KEY is too short: it needs at least 32/],
  ['an empty key', { KOLLA_BACKUP_KEY: '' }, /KOLLA_BACKUP_KEY is empty/],
  ['a bot token in the place of the app’s', { KOLLA_BACKUP_KEY: KEY, SLACK_APP_TOKEN: 'xoxb-hunter2' }, /SLACK_APP_TOKEN holds a bot token, which belongs into SLACK_BOT_TOKEN/],
  ['an app token in the place of the bot’s', { KOLLA_BACKUP_KEY: KEY, SLACK_BOT_TOKEN: 'xapp-hunter2' }, /SLACK_BOT_TOKEN holds an app-level token, which belongs into SLACK_APP_TOKEN/],
  ['the token of a person', { KOLLA_BACKUP_KEY: KEY, SLACK_BOT_TOKEN: 'xoxp-hunter2' }, /SLACK_BOT_TOKEN holds the token of a person. It needs the bot token/],
  ['a token in quotes', { KOLLA_BACKUP_KEY: KEY, SLACK_BOT_TOKEN: '"xoxb-hunter2"' }, /SLACK_BOT_TOKEN has quotes around its value/],
  ['Redis without a scheme', { KOLLA_BACKUP_KEY: KEY, REDIS_URL: 'hunter2:6379' }, /REDIS_URL is no address of Redis. Write redis:\/\//],
  ['Redis with a raw password', { KOLLA_BACKUP_KEY: KEY, REDIS_URL: 'redis://:hunter2/#@host:x' }, /REDIS_URL is no address.*percent-encoded/],
  ['a key id with a blank', { KOLLA_BACKUP_KEY: KEY, KOLLA_BACKUP_KEY_ID: 'key 2' }, /KOLLA_BACKUP_KEY_ID is no name of a key/],
  ['old keys without their ids', { KOLLA_BACKUP_KEY: KEY, KOLLA_BACKUP_OLD_KEYS: KEY }, /KOLLA_BACKUP_OLD_KEYS is not id=key/],
  ['a level that there is not', { KOLLA_BACKUP_KEY: KEY, LOG_LEVEL: 'verbose' }, /LOG_LEVEL is no level. Write trace/],
  ['an address of Slack that is none', { KOLLA_BACKUP_KEY: KEY, SLACK_API_URL: 'slack' }, /SLACK_API_URL is no address/],
];

describe('a wrong variable of the environment is named, with its remedy and without its value', () => {
  test.each(ENVIRONMENTS)('%s', (name, environment, said) => {
    const message = problemOf(() => readEnvironment(environment))?.message;
    if (process.env['SHOW']) console.log(`${name}\n  ${message}`);
    expect(message).toMatch(said);
    expect(message?.match(/environment variable/g)).toHaveLength(1);
    expect(message).not.toMatch(/hunter2|kkkk/);
  });

  test('several at once', () => {
    const message = problemOf(() => readEnvironment({ SLACK_BOT_TOKEN: 'x', LOG_LEVEL: 'loud' }))?.message;
    expect(message).toMatch(/SLACK_BOT_TOKEN holds no token.*LOG_LEVEL is no level|KOLLA_BACKUP_KEY is not set/);
    expect(message?.match(/environment variable/g)).toHaveLength(3);
  });

  test('the bot’s tokens', () => {
    const environment = readEnvironment({ KOLLA_BACKUP_KEY: KEY, SLACK_BOT_TOKEN: 'xoxb-1' });
    expect(problemOf(() => slackAccess(environment, { mode: 'socket', listen: '' }))?.message).toMatch(
      /SLACK_APP_TOKEN is not set. It stands in/,
    );
  });
});

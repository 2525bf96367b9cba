/** The units of deploy/systemd, and the drop-ins beside them, really started by a systemd. Only paths and ports differ. */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, type RedisServer, startRedis } from '../../lab/redis.ts';
import { type SlackLab, startSlack } from '../../lab/slack/server.ts';
import { CHANNEL } from '../../lab/stack.ts';
import type { Check } from '../../src/doctor/check.ts';
import { canRunSystemd, type Systemd, startSystemd } from '../support/systemd.ts';
import { until } from '../support/until.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const UNITS = join(PROJECT, 'deploy/systemd');
/** What units may be exposed to, by systemd's own count from 0 (nothing) to 10. */
const EXPOSURE_MAX = 2;
const READY_MS = 30_000;
const LOOK_MS = 120_000;

const unitFiles = async () => (await readdir(UNITS)).filter((name) => name.endsWith('.service'));

test('systemd finds nothing wrong with the units, and little that they could do', async () => {
  const files = (await unitFiles()).map((name) => join(UNITS, name.replace('@.', '@1.')));
  const { all } = await execa('systemd-analyze', ['verify', ...files], { all: true, reject: false });
  // The command itself lies where it is installed.
  const found = all
    .split('\n')
    .filter(
      (line) => !line.endsWith('/opt/kolla-backup/bin/kolla-backup is not executable: No such file or directory'),
    );
  expect(found.filter((line) => line !== '')).toEqual([]);
  for (const file of await unitFiles()) {
    const argv = ['security', '--offline=yes', '--no-pager', join(UNITS, file)];
    const { stdout } = await execa('systemd-analyze', argv, { reject: false });
    const exposure = /exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1];
    expect(Number(exposure)).toBeLessThan(EXPOSURE_MAX);
  }
});

describe.skipIf(!canRunSystemd)('bot and worker as units', () => {
  let systemd: Systemd;
  let redis: RedisServer;
  let slack: SlackLab;
  let ports: { readonly bot: number; readonly worker: number };
  const ask = async (...argv: [string, ...string[]]) => {
    const { stdout, stderr, code } = await systemd.host.run({ argv, timeoutMs: 40_000 });
    return { code, said: `${stdout}${stderr}`.trim() };
  };
  const property = async (unit: string, name: string) =>
    (await ask('systemctl', 'show', unit, '--value', '-p', name)).said;

  beforeAll(async () => {
    [redis, slack, systemd] = await Promise.all([startRedis(), startSlack(), startSystemd()]);
    ports = { bot: await freePort(), worker: await freePort() };
    for (const name of await unitFiles()) {
      const port = name.includes('bot') ? ports.bot : ports.worker;
      await copyFile(join(UNITS, name), join(systemd.units, name));
      await mkdir(join(systemd.units, `${name}.d`));
      await writeFile(join(systemd.units, `${name}.d/here.conf`), dropIn(name, port));
    }
    await furnish();
    await ask('systemctl', 'daemon-reload');
  });
  afterAll(async () => {
    await Promise.allSettled([systemd?.stop(), slack?.stop(), redis?.stop()]);
  });

  /** This checkout in the place under /opt, wherever it lies and whoever may enter there, and its own Node. */
  function dropIn(name: string, port: number): string {
    const log = name.includes('bot') ? 'bot' : 'worker';
    return [
      '[Service]',
      ...['bin', 'src', 'node_modules'].map(
        (part) => `BindReadOnlyPaths=${join(PROJECT, part)}:/opt/kolla-backup/${part}`,
      ),
      `Environment=REDIS_URL=${redis.url} SLACK_API_URL=${slack.apiUrl} KOLLA_BACKUP_LISTEN=127.0.0.1:${port}`,
      'RestartSec=0.5',
      `StandardOutput=append:${join(systemd.units, log)}.log\nStandardError=inherit`,
      '',
    ].join('\n');
  }

  /** A file of the systemd's own machine. */
  async function write(path: string, content: string, mode: string): Promise<void> {
    const script = 'mkdir -p "$(dirname "$0")" && cat > "$0" && chmod "$1" "$0"';
    const argv = ['sh', '-c', script, path, mode] as const;
    expect(await systemd.host.run({ argv, stdin: content, timeoutMs: 5_000 })).toMatchObject({ code: 0, stderr: '' });
  }

  /** A drop-in that lies beside the units. */
  async function install(name: string, unit: string): Promise<void> {
    await mkdir(join(systemd.units, `${unit}.d`), { recursive: true });
    await copyFile(join(UNITS, name), join(systemd.units, `${unit}.d`, name));
    await ask('systemctl', 'daemon-reload');
  }

  /** What an administrator puts on the machine. */
  async function furnish(): Promise<void> {
    await write('/opt/kolla-backup/package.json', await readFile(join(PROJECT, 'package.json'), 'utf8'), '644');
    const folders = ['bin', 'src', 'node_modules'].map((name) => `/opt/kolla-backup/${name}`);
    expect(await ask('mkdir', folders[0] ?? '', ...folders.slice(1))).toMatchObject({ code: 0 });
    expect(await ask('useradd', '--system', '--no-create-home', 'kolla-backup')).toMatchObject({ code: 0 });
    const secrets = { slack_bot_token: slack.botToken, slack_app_token: slack.appToken };
    for (const [name, value] of Object.entries({ ...secrets, kolla_backup_key: randomBytes(32).toString('hex') }))
      await write(`/etc/kolla-backup/secrets/${name}`, `${value}\n`, '0400');
    const cloud = {
      deploy_host: { ssh: { address: '192.0.2.10' }, executable: '/opt/kolla-ansible' },
      inventories: ['/etc/kolla/multinode'],
      nodes: { 'node-a': { ssh: { address: '192.0.2.11' } } },
      channel: slack.channel(CHANNEL).id,
      requesters: { groups: [slack.group('cloud-operators').id] },
    };
    await write('/etc/kolla-backup/config.yml', JSON.stringify({ clouds: { lab: cloud } }), '0444');
  }

  const readiness = async (port: number) => {
    const response = await fetch(`http://127.0.0.1:${port}/readyz`);
    return { status: response.status, body: await response.text() };
  };
  async function ready(unit: string, port: number): Promise<void> {
    const good = async () => ((await readiness(port)).status === 200 ? true : null);
    await until(good, `${unit} is ready`, READY_MS).catch(async (error: unknown) => {
      const log = join(systemd.units, unit.includes('bot') ? 'bot.log' : 'worker.log');
      throw new Error(`${error}\n${(await ask('tail', '-n', '20', log)).said}`);
    });
  }

  test('they start as a user that may nothing, are started again after a crash, and leave cleanly', async () => {
    const both = [
      ['kolla-backup-bot', ports.bot],
      ['kolla-backup-worker@1', ports.worker],
    ] as const;
    for (const [unit] of both) {
      const r = await ask('systemctl', 'start', unit);
      if (r.code !== 0) throw new Error(r.said + (await ask('systemctl', 'status', '--no-pager', '-l', unit)).said);
    }
    for (const [unit, port] of both) {
      await ready(unit, port);
      const pid = await property(unit, 'MainPID');
      const status = (await ask('cat', `/proc/${pid}/status`)).said;
      expect(status).toMatch(/CapEff:\s+0+\n/);
      expect(status).not.toMatch(/Uid:\s+0\s/);
      const environment = (await ask('cat', `/proc/${pid}/environ`)).said;
      expect(environment).not.toMatch(/xoxb-|xapp-/);
      await ask('kill', '-KILL', pid);
      await until(
        async () => ((await property(unit, 'NRestarts')) === '1' ? true : null),
        'it is started again',
        20_000,
      );
      await ready(unit, port);
      await ask('systemctl', 'stop', unit);
      expect(await property(unit, 'Result')).toBe('success');
      expect(await property(unit, 'ExecMainStatus')).toBe('0');
    }
  });

  test('with signed requests the bot has the signing secret, and needs no app-level token', async () => {
    await ask('mv', '/etc/kolla-backup/secrets/slack_app_token', '/etc/kolla-backup/secrets/slack_signing_secret');
    await write('/etc/kolla-backup/secrets/slack_signing_secret', `${slack.signingSecret}\n`, '0400');
    const config = JSON.parse((await ask('cat', '/etc/kolla-backup/config.yml')).said);
    await write(
      '/etc/kolla-backup/config.yml',
      JSON.stringify({ ...config, slack: { mode: 'http', listen: `127.0.0.1:${await freePort()}` } }),
      '0444',
    );
    await install('bot-http.conf', 'kolla-backup-bot.service');
    await ask('systemctl', 'start', 'kolla-backup-bot');
    await ready('kolla-backup-bot', ports.bot);
    await ask('systemctl', 'stop', 'kolla-backup-bot');
  });

  test('a worker on the deploy host may ask Ansible and hand kolla-ansible to systemd, with the drop-in for it', async () => {
    const stand = '#!/bin/sh\nmkdir -p ~/.ansible/tmp && echo "kolla-ansible 17.9.0"\n';
    await write('/opt/kolla-ansible', stand, '0755');
    await write('/etc/kolla/globals.yml', '{}\n', '0644');
    const cloud = {
      deploy_host: { local: true, executable: '/opt/kolla-ansible' },
      inventories: ['/etc/hostname'],
      nodes: { 'node-a': { ssh: { address: '127.0.0.1', port: 9 } } },
      channel: slack.channel(CHANNEL).id,
      requesters: { groups: [slack.group('cloud-operators').id] },
    };
    await write('/etc/kolla-backup/local.yml', JSON.stringify({ clouds: { lab: cloud } }), '0444');
    /** What the doctor sees of the deploy host in the worker's place. */
    const look = async () => {
      const seen = join(systemd.units, `${randomBytes(4).toString('hex')}.json`);
      const here = join(systemd.units, 'kolla-backup-worker@2.service.d');
      await mkdir(here, { recursive: true });
      const lines = ['ExecStart=', 'ExecStart=/opt/kolla-backup/bin/kolla-backup doctor --json', 'Restart=no'];
      const config = 'Environment=KOLLA_BACKUP_CONFIG=/etc/kolla-backup/local.yml';
      await writeFile(
        join(here, 'look.conf'),
        ['[Service]', ...lines, config, `StandardOutput=file:${seen}`, ''].join('\n'),
      );
      await ask('systemctl', 'daemon-reload');
      await ask('systemctl', 'start', 'kolla-backup-worker@2');
      const ended = async () =>
        /^(failed|inactive)$/.test(await property('kolla-backup-worker@2', 'ActiveState')) ? true : null;
      await until(ended, 'the doctor has looked', LOOK_MS);
      const { checks } = JSON.parse(await readFile(seen, 'utf8')) as { checks: Check[] };
      const rows = checks.filter(({ about }) => about === 'Cloud lab, deploy host');
      return Object.fromEntries(rows.map(({ id, result, finding }) => [id, `${result}: ${finding}`]));
    };
    expect((await look())['host.rights']).not.toMatch(/^good/);
    await install('worker-local.conf', 'kolla-backup-worker@.service');
    const seen = await look();
    for (const id of [
      'host.login',
      'host.rights',
      'host.clock',
      'host.space',
      'host.detached',
      'deploy.paths',
      'deploy.release',
    ])
      expect([id, seen[id]]).toEqual([id, expect.stringMatching(/^good/)]);
    expect(seen['host.detached']).toMatch(/systemd/);
  });
});

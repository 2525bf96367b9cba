/** The units of deploy/systemd, really started by a systemd. Only paths and ports differ, in drop-ins. */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, type RedisServer, startRedis } from '../../lab/redis.ts';
import { type SlackLab, startSlack } from '../../lab/slack/server.ts';
import { CHANNEL } from '../../lab/stack.ts';
import { canRunSystemd, type Systemd, startSystemd } from '../support/systemd.ts';
import { until } from '../support/until.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const UNITS = join(PROJECT, 'deploy/systemd');
/** What units may be exposed to, by systemd's own count from 0 (nothing) to 10. */
const EXPOSURE_MAX = 2;
const READY_MS = 30_000;

test('systemd finds nothing wrong with the units, and little that they could do', async () => {
  const files = (await readdir(UNITS)).map((name) => join(UNITS, name.replace('@.', '@1.')));
  expect(await execa('systemd-analyze', ['verify', ...files], { all: true })).toMatchObject({ all: '' });
  for (const file of await readdir(UNITS)) {
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
    for (const name of await readdir(UNITS)) {
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
    const command = name.includes('bot') ? 'bot' : 'worker';
    return [
      '[Service]',
      ...['src', 'node_modules'].map((part) => `BindReadOnlyPaths=${join(PROJECT, part)}:/opt/kolla-backup/${part}`),
      `Environment=REDIS_URL=${redis.url} SLACK_API_URL=${slack.apiUrl} KOLLA_BACKUP_LISTEN=127.0.0.1:${port}`,
      `ExecStart=\nExecStart=/opt/kolla-backup/node_modules/node/bin/node src/main.ts ${command}`,
      'RestartSec=0.5',
      `StandardOutput=append:${join(systemd.units, command)}.log\nStandardError=inherit`,
      '',
    ].join('\n');
  }

  /** What an administrator puts on the machine, on the systemd's own files. */
  async function furnish(): Promise<void> {
    const write = async (path: string, content: string, mode: string) => {
      const script = 'mkdir -p "$(dirname "$0")" && cat > "$0" && chmod "$1" "$0"';
      const argv = ['sh', '-c', script, path, mode] as const;
      expect(await systemd.host.run({ argv, stdin: content, timeoutMs: 5_000 })).toMatchObject({ code: 0, stderr: '' });
    };
    await write('/opt/kolla-backup/package.json', await readFile(join(PROJECT, 'package.json'), 'utf8'), '644');
    expect(await ask('mkdir', '/opt/kolla-backup/src', '/opt/kolla-backup/node_modules')).toMatchObject({ code: 0 });
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
});

/** What docker-compose makes of the compose files, alone and with the one beside it. No engine is asked. */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageTree } from '../../lab/packages.ts';
import { scratchFolder } from '../../lab/scratch.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = ['docker-compose.yml', 'docker-compose.http.yml'] as const;

const secret = z.looseObject({ source: z.string() });
const service = z.looseObject({
  environment: z.record(z.string(), z.string().nullable()).default({}),
  secrets: z.array(z.union([z.string(), secret])).default([]),
  ports: z.array(z.unknown()).default([]),
});
const composed = z.looseObject({
  services: z.record(z.string(), service),
  secrets: z.record(z.string(), z.looseObject({ file: z.string() })),
});

/** The files as they are read in a folder whose `.env` is this. */
async function config(env: string) {
  const dir = await scratchFolder('compose');
  for (const file of FILES) await copyFile(join(PROJECT, file), join(dir, file));
  await writeFile(join(dir, '.env'), env);
  const usr = join(await packageTree('compose', ['docker-compose', 'python3']), 'usr');
  const places = {
    PYTHONPATH: join(usr, 'lib/python3/dist-packages'),
    LD_LIBRARY_PATH: join(usr, 'lib/x86_64-linux-gnu'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const argv = [join(usr, 'bin/docker-compose'), '--ansi', 'never', '--profile', 'doctor', 'config'];
  const environment = { PATH: '/usr/bin:/bin', HOME: dir, ...places };
  const { stdout } = await execa('python3', argv, { cwd: dir, env: environment, extendEnv: false });
  const { services, secrets } = composed.parse(parse(stdout));
  const seen = (name: string) => {
    const { environment: variables, secrets: given, ports } = service.parse(services[name]);
    const set = Object.entries(variables).filter(([, value]) => value !== null);
    return {
      slack: set.map(([variable]) => variable).filter((variable) => variable.startsWith('SLACK')),
      secrets: given.map((one) => (typeof one === 'string' ? one : one.source)),
      ports,
    };
  };
  return { seen, secrets };
}

test('by itself: nothing is published, and only bot and doctor have Slack’s tokens', async () => {
  const { seen } = await config('');
  const tokens = ['SLACK_APP_TOKEN_FILE', 'SLACK_BOT_TOKEN_FILE'];
  const secrets = ['kolla_backup_key', 'slack_bot_token', 'slack_app_token'];
  expect(seen('bot')).toEqual({ slack: tokens, secrets, ports: [] });
  expect(seen('doctor')).toEqual({ slack: tokens, secrets, ports: [] });
  expect(seen('worker')).toEqual({ slack: [], secrets: ['kolla_backup_key'], ports: [] });
  expect(seen('redis').ports).toEqual([]);
});

test('with signed requests: a port of the loopback, the signing secret from a file, no app-level token', async () => {
  const [line = ''] = /COMPOSE_FILE=\S+/.exec(await commandOf()) ?? [];
  const { seen, secrets } = await config(line);
  for (const name of ['bot', 'doctor']) {
    expect(seen(name).slack).toEqual(['SLACK_BOT_TOKEN_FILE', 'SLACK_SIGNING_SECRET_FILE']);
    expect(seen(name).secrets).toContain('slack_signing_secret');
  }
  expect(JSON.stringify(seen('bot').ports)).toMatch(/127\.0\.0\.1.*3000/);
  expect([seen('doctor').ports, seen('worker').ports, seen('redis').ports]).toEqual([[], [], []]);
  expect(seen('worker').slack).toEqual([]);
  // Nothing but files that the page names has to be there.
  for (const { file } of Object.values(secrets))
    expect(file).toMatch(/\/secrets\/(kolla_backup_key|slack_bot_token|slack_signing_secret)$/);
});

/** As the file itself says it is to be used. */
async function commandOf(): Promise<string> {
  const { stdout } = await execa('grep', ['-h', 'echo COMPOSE_FILE', join(PROJECT, FILES[1])]);
  return stdout;
}

/**
 * A config file of OpenSSH (`~/.ssh/config`), as OpenSSH itself understands it: `ssh -G` follows Include and Match and tells
 * what holds for one host. What it says that can't be followed here is refused, never passed over in silence.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KollaBackupError } from '../operation/catalogue.ts';
import { helperEnvironment } from './helper-environment.ts';
import type { SshLogin } from './ssh-login.ts';

/** A `Match exec` in the file may run programs (ms). */
const LIMIT_MS = 10_000;

/** Options that would change how a host is reached or recognised, and the values that are as if they weren't there. */
const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
  proxycommand: ['none'],
  pkcs11provider: ['none'],
  knownhostscommand: ['none'],
  proxyusefdpass: ['no'],
};

export type ToldBySsh = {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly keyFiles: readonly string[];
  readonly certificateFiles: readonly string[];
  readonly agent: string | null;
  readonly knownHosts: readonly string[];
  readonly jump: readonly SshLogin[];
  readonly filedAs?: string;
  readonly othersOfAgent: boolean;
};

async function evaluate(file: string, { address, user, port }: SshLogin): Promise<Map<string, string[]>> {
  const given = [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', String(port)])];
  const argv = ['-G', '-F', file, ...given, '--', address];
  const limits = { timeout: LIMIT_MS, env: helperEnvironment() };
  const { stdout } = await promisify(execFile)('ssh', argv, limits).catch((error: unknown) => {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : '';
    const params = { file, reason: said || (error instanceof Error ? error.message : String(error)) };
    throw new KollaBackupError('SSH_CONFIG_UNREADABLE', params, { cause: error });
  });
  const options = new Map<string, string[]>();
  for (const line of stdout.split('\n').filter(Boolean)) {
    const at = line.indexOf(' ');
    const option = line.slice(0, at);
    options.set(option, [...(options.get(option) ?? []), line.slice(at + 1)]);
  }
  return options;
}

/** `[user@]host[:port]`, with brackets around an IPv6 address. */
const JUMP = /^(?:ssh:\/\/)?(?:(?<user>[^@]+)@)?(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]]+))(?::(?<port>\d+))?$/;

function parseJump(text: string, openSshConfig: NonNullable<SshLogin['openSshConfig']>): SshLogin | null {
  const { user, bracketed, plain, port } = JUMP.exec(text)?.groups ?? {};
  const address = bracketed ?? plain;
  if (address === undefined) return null;
  return { address, openSshConfig, ...(user && { user }), ...(port && { port: Number(port) }) };
}

/** What the file says of a login. Throws SSH_CONFIG_UNREADABLE or SSH_CONFIG_UNSUPPORTED. */
export async function readSshConfig(
  source: NonNullable<SshLogin['openSshConfig']>,
  login: SshLogin,
): Promise<ToldBySsh> {
  const { file } = source;
  const options = await evaluate(file, login);
  const refuse = (option: string, value: string): KollaBackupError =>
    new KollaBackupError('SSH_CONFIG_UNSUPPORTED', { file, host: login.address, option, value });
  const all = (option: string): string[] => options.get(option) ?? [];
  const one = (option: string): string | undefined => all(option)[0];
  for (const [option, harmless] of Object.entries(UNSUPPORTED))
    for (const value of all(option)) if (!harmless.includes(value)) throw refuse(option, value);

  const path =
    (option: string) =>
    (text: string): string => {
      if (/[%$]/.test(text)) throw refuse(option, text);
      return text.startsWith('~/') ? join(homedir(), text.slice(2)) : text;
    };
  const paths = (option: string): string[] =>
    all(option)
      .filter((text) => text !== 'none')
      .map(path(option));
  const lists = (option: string): string[] =>
    all(option).flatMap((text) =>
      text
        .split(' ')
        .filter((word) => word !== 'none')
        .map(path(option)),
    );
  const jump = (one('proxyjump') ?? 'none').split(',').filter((text) => text !== 'none');
  const keyFiles = paths('identityfile').filter((name) => existsSync(name));
  const beside = keyFiles.map((name) => `${name}-cert.pub`).filter((name) => existsSync(name));
  const agent = one('identityagent') ?? 'SSH_AUTH_SOCK';
  const alias = one('hostkeyalias');
  return {
    address: one('hostname') ?? login.address,
    port: Number(one('port') ?? 22),
    user: one('user') ?? '',
    keyFiles,
    certificateFiles: [...paths('certificatefile'), ...beside],
    agent: agent === 'SSH_AUTH_SOCK' ? source.agent : agent === 'none' ? null : path('identityagent')(agent),
    knownHosts: [...lists('userknownhostsfile'), ...lists('globalknownhostsfile')],
    jump: jump.map((text) => {
      const parsed = parseJump(text, source);
      if (parsed === null) throw refuse('proxyjump', text);
      return parsed;
    }),
    ...(alias && { filedAs: alias }),
    othersOfAgent: one('identitiesonly') !== 'yes',
  };
}

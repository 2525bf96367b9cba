import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { unixUser } from '../login-config.ts';
import { KollaBackupError } from '../operation/catalogue.ts';

/** What `kolla-backup init` is told beforehand; what isn't, is found out or asked. */
export type InitOptions = {
  readonly file: string;
  readonly cloud: string | undefined;
  readonly deployHost: string | undefined;
  readonly user: string | undefined;
  readonly keyFiles: readonly string[];
  /** A socket; `env`: that of SSH_AUTH_SOCK. */
  readonly agent: string | undefined;
  readonly agentSocket: string | undefined;
  readonly jumps: readonly string[];
  readonly knownHosts: readonly string[];
  readonly executable: string | undefined;
  readonly configDirectory: string;
  readonly extraArguments: readonly string[];
  readonly inventories: readonly string[];
  readonly channel: string | undefined;
  readonly requesters: readonly string[];
  readonly approvers: readonly string[];
  readonly trusted: readonly string[];
};

export const INIT_USAGE = `init [FILE] [options]
    --cloud NAME               how people call the cloud in Slack
    --deploy-host HOST         where kolla-ansible is: [user@]address[:port], or local for this machine
    --user NAME                who logs in to the hosts (root)
    --key-file FILE …          private keys        --known-hosts FILE …   host keys
    --agent SOCKET             an SSH agent instead; env: that of SSH_AUTH_SOCK
    --jump HOST …              hosts to go through, the first one first
    --trust-host-key PRINT …   fingerprints (SHA256:…) of host keys that were compared
    --kolla-ansible PATH       its path            --config-directory DIR (/etc/kolla)
    --inventory PATH …         as given to kolla-ansible with -i, in that order
    --extra-argument=ARG …     for every call of kolla-ansible, such as a vault password file
    --channel ID               the cloud’s channel in Slack
    --requester ID …           who may ask: users (U…) and user groups (S…)
    --approver ID …            who may approve a restore

  Exit code 0: written; 1: written, but look first at what is marked with “!”; 2: nothing was written.`;

const one = { type: 'string' } as const;
const several = { type: 'string', multiple: true, default: [] as string[] } as const;

/** Throws USAGE. Without a file it is the one that every command reads. */
export function readInitOptions(rest: readonly string[], usual: string, agentSocket: string | undefined): InitOptions {
  const { values, positionals } = parse(rest);
  const [file = usual, ...more] = positionals;
  if (more.length > 0) throw new KollaBackupError('USAGE', { usage: INIT_USAGE });
  return {
    file: resolve(file),
    cloud: values.cloud,
    deployHost: values['deploy-host'],
    user: values.user,
    agent: values.agent,
    agentSocket,
    jumps: values.jump,
    keyFiles: values['key-file'].map((path) => resolve(path)),
    knownHosts: values['known-hosts'].map((path) => resolve(path)),
    executable: values['kolla-ansible'],
    configDirectory: values['config-directory'],
    extraArguments: values['extra-argument'],
    inventories: values.inventory,
    channel: values.channel,
    requesters: values.requester,
    approvers: values.approver,
    trusted: values['trust-host-key'],
  };
}

function parse(rest: readonly string[]) {
  const options = {
    ...{ cloud: one, 'deploy-host': one, user: one, 'key-file': several, 'known-hosts': several },
    ...{ agent: one, jump: several },
    ...{ 'trust-host-key': several, 'kolla-ansible': one, 'extra-argument': several, inventory: several },
    ...{ 'config-directory': { ...one, default: '/etc/kolla' }, channel: one, requester: several, approver: several },
  } as const;
  try {
    return parseArgs({ args: [...rest], options, allowPositionals: true });
  } catch (cause) {
    throw new KollaBackupError('USAGE', { usage: INIT_USAGE }, { cause });
  }
}

const OWN_FOLDER = '/etc/kolla-backup/ssh';

/** Of the usual places those where a file is; the project's own folder first. */
export function usualFiles(names: readonly string[]): string[] {
  const places = [OWN_FOLDER, `${homedir()}/.ssh`];
  return places.flatMap((place) => names.map((name) => `${place}/${name}`)).filter((file) => existsSync(file));
}

/** Where a host is: `[user@]address[:port]`, an IPv6 address with a port in brackets. */
export type HostPlace = { readonly address: string; readonly port?: number; readonly user?: string };

/** Null where it is none. */
export function readHostPlace(text: string): HostPlace | null {
  const match =
    /^(?:([^@\s]+)@)?(?:\[([0-9a-f:.]+)\]|([0-9a-f:]*:[0-9a-f:.]*:[0-9a-f:.]*)|([^\s:@[\]]+))(?::(\d{1,5}))?$/i.exec(
      text,
    );
  const [, user, bracketed, plain, name, port] = match ?? [];
  const address = bracketed ?? plain ?? name;
  const number = port === undefined ? undefined : Number(port);
  if (address === undefined || (number !== undefined && (number < 1 || number > 65_535))) return null;
  if (user !== undefined && !unixUser.safeParse(user).success) return null;
  return { address, ...(number === undefined ? {} : { port: number }), ...(user === undefined ? {} : { user }) };
}

/** From what the config says of a login to everything that a connection needs. */
import { KollaBackupError } from '../operation/catalogue.ts';
import { filedName } from './known-hosts.ts';
import { readSshConfig } from './ssh-config-file.ts';
import type { IdentitySources } from './ssh-identities.ts';
import type { SshLogin } from './ssh-login.ts';

/** One login: on the host itself, or on one on the way to it. */
export type SshHop = IdentitySources & {
  /** The name by which people know the host. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** known_hosts files, and the name to look for in them. */
  readonly knownHosts: readonly string[];
  readonly filedAs: string;
};
export type SshTarget = SshHop & { readonly jump: readonly SshHop[] };

const DEFAULTS = {
  port: 22,
  user: 'root',
  keyFiles: ['/root/.ssh/id_ed25519'],
  certificateFiles: [],
  agent: null,
  knownHosts: ['/root/.ssh/known_hosts'],
} as const;

/** The most hosts on the way; in OpenSSH's config more would be a loop. */
export const MAX_JUMPS = 5;

/** `name` is for people. Throws SSH_CONFIG_… where OpenSSH's config can't be followed. */
export async function resolveTarget(name: string, login: SshLogin, depth = 0): Promise<SshTarget> {
  const { openSshConfig, jump: ownJump, ...own } = login;
  const told = openSshConfig && (await readSshConfig(openSshConfig, login));
  // With an agent there need not be a file.
  const keyFiles = told === undefined && own.agent ? [] : DEFAULTS.keyFiles;
  const merged = { ...DEFAULTS, keyFiles, ...told, ...own, address: told?.address ?? own.address };
  const { address, port, user, certificateFiles, agent, knownHosts } = merged;
  const jump: SshHop[] = [];
  for (const between of ownJump ?? told?.jump ?? []) {
    const [file, value] = [openSshConfig?.file ?? '', `${between.address}, more than ${MAX_JUMPS} in a row`];
    if (depth === MAX_JUMPS)
      throw new KollaBackupError('SSH_CONFIG_UNSUPPORTED', { file, host: address, option: 'proxyjump', value });
    const whole = await resolveTarget(`the jump host ${between.address} before ${name}`, between, depth + 1);
    // What OpenSSH's config says of the way to the first one counts; from there on the way is known.
    const { jump: before, ...hop } = whole;
    jump.push(...(jump.length === 0 ? before : []), hop);
  }
  return {
    ...{ name, address, port, user, keyFiles: merged.keyFiles, certificateFiles, agent, knownHosts, jump },
    filedAs: told?.filedAs ?? filedName(address, port),
    othersOfAgent: own.keyFiles === undefined && (told?.othersOfAgent ?? merged.keyFiles.length === 0),
    lenient: told !== undefined && own.keyFiles === undefined,
  };
}

import { configSchema } from '../config.ts';
import { connectClouds } from '../connect.ts';
import type { CloudHosts } from '../engine/hosts.ts';
import { explain, KollaBackupError, type Problem } from '../operation/catalogue.ts';
import type { Asker } from './ask.ts';
import type { InitOptions } from './init-options.ts';
import type { ConfigInput } from './write-config.ts';

/** A config of which not everything is known yet, and what the parts of `init` share. */

export type CloudInput = ConfigInput['clouds'][string];
export type SshInput = NonNullable<ConfigInput['ssh']> & { readonly user: string };

export type HostToKnow = { readonly name: string; readonly address: string; readonly port: number };

export type Init = {
  readonly options: InitOptions;
  readonly ask: Asker;
  readonly tell: (line: string) => void;
  /** Tells something that a person should look at. */
  readonly warn: (line: string) => void;
  readonly ssh: SshInput;
  /** The socket of SSH_AUTH_SOCK. */
  readonly agentSocket: string | undefined;
  /** Makes the host's key known, if somebody says so; they are told which of them the deploy host has on file. */
  readonly recognise: (host: HostToKnow, atDeployHost?: () => Promise<readonly string[]>) => Promise<void>;
};

/** Stands where nothing is known yet; it is never asked and never written. */
const BLANK: CloudInput = {
  deploy_host: { local: true, executable: '/none' },
  inventories: ['/none'],
  nodes: { none: { ssh: { address: 'none' } } },
  channel: 'C00',
  requesters: { users: ['U00'] },
};

/** The config as far as it is known, checked as the file will be. */
export function draft(ssh: SshInput, cloud: Partial<CloudInput>) {
  return configSchema.safeParse({ ssh, clouds: { draft: { ...BLANK, ...cloud } } });
}

/** Asks hosts as the written config will: what logs in here logs in later. */
export async function withHosts<T>(
  { ssh, agentSocket }: Pick<Init, 'ssh' | 'agentSocket'>,
  cloud: Partial<CloudInput>,
  use: (hosts: CloudHosts) => Promise<T>,
): Promise<T> {
  const { data, error } = draft(ssh, cloud);
  if (data === undefined) {
    const { path = [], message = '' } = error.issues[0] ?? {};
    // What is wrong in what was found or answered is never replaced by something else.
    throw new KollaBackupError('INIT_ANSWER_WRONG', { option: String(path.at(-1)), reason: message });
  }
  const connected = connectClouds(data, agentSocket);
  const hosts = connected.hostsOf('draft');
  if (hosts === null) throw new TypeError('a draft has its cloud');
  try {
    return await use(hosts);
  } finally {
    await connected.close();
  }
}

/** A problem's own words, without what was and wasn't done: here nothing ever was. */
export function wordsOf(problem: Problem): string {
  const { wrong, next } = explain(problem);
  return `${problem.code}: ${wrong} ${next}`;
}

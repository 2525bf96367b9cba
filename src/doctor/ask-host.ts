import { ENGINE_MS } from '../kolla/containers.ts';
import { quoteHost } from '../kolla/quoted.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Command, Host } from '../operation/host.ts';
import type { Seen } from './check.ts';
import { type Outlived, tryDetached } from './detached.ts';
import type { Login } from './logins.ts';
import { type Look, lookAt } from './look.ts';
import { inTime, see, seeAfter } from './see.ts';

export type HostFacts = {
  /** The inventory's name, or `deploy`. */
  readonly name: string;
  readonly login: Login;
  /** Our own address as the host sees it; null where it isn't told. */
  readonly from: Seen<string | null>;
  readonly look: Seen<Look>;
  readonly outlived: Seen<Outlived>;
};

export type HostPlace = {
  readonly host: Host;
  /** The same host over a connection of its own, which the trial of a detached run closes. */
  readonly apart: Host;
  readonly login: Login;
  /** What the config says is there. */
  readonly paths: readonly string[];
  readonly runDirectory: string;
};

const FROM: Command = { argv: ['printenv', 'SSH_CONNECTION'], timeoutMs: ENGINE_MS, privileged: false };

/** Our own address as the host sees it; null where it doesn't say. The first question: it needs no right but the login's. */
export async function whereFrom(host: Host): Promise<string | null> {
  const { code, stdout, stderr } = await host.run(FROM);
  if (code === 0) return stdout.split(' ')[0] || null;
  // Without the variable `printenv` ends with 1 and says nothing; anything else is a shell that doesn't do as it is told.
  if (code === 1 && stderr === '') return null;
  throw new KollaBackupError('HOST_ANSWER_UNREADABLE', {
    host: host.name,
    reason: quoteHost(stderr) || `code ${code}`,
  });
}

/** The login, and what the host tells of itself. */
export async function askHost({ host, paths, runDirectory }: HostPlace): Promise<Pick<HostFacts, 'from' | 'look'>> {
  const from = await see(() => whereFrom(host));
  const look = await seeAfter(from, 'the login doesn’t work', () => lookAt(host, paths, runDirectory));
  return { from, look };
}

/** Whether what is detached there outlives its login; takes some seconds. */
export function askOutlived({ apart }: HostPlace, look: Seen<Look>): Promise<Seen<Outlived>> {
  return seeAfter(look, 'the host can’t be asked', () => inTime(apart.name, () => tryDetached(apart)));
}

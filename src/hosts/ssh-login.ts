/**
 * How to log in to a host, as the config says it. What is left out is told by `openSshConfig`, where there is one, or is
 * as `ssh-target.ts` has it.
 */
export type SshLogin = {
  /** A name or address; with `openSshConfig`, a name in that file. */
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly keyFiles?: readonly string[];
  readonly certificateFiles?: readonly string[];
  /** The socket of an agent; null: none. */
  readonly agent?: string | null;
  readonly knownHosts?: readonly string[];
  /** Hosts to go through, the first one first; empty: none. */
  readonly jump?: readonly SshLogin[];
  /** A config file of OpenSSH, and the agent that it means where it names none. */
  readonly openSshConfig?: { readonly file: string; readonly agent: string | null };
};

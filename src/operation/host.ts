/** The port through which the engine asks something of a host. Adapters: `hosts/local.ts`, `hosts/ssh.ts`. */

/** A command for one host: never a string, never a shell (one quoting function stands inside the SSH adapter). */
export type Command = {
  readonly argv: readonly [string, ...string[]];
  readonly stdin?: string;
  /** Milliseconds until the question is given up. Only questions and quick acts are asked this way; long work runs detached. */
  readonly timeoutMs: number;
  /** Run as root through `sudo -n`, where the host is configured with sudo. Default true. */
  readonly privileged?: boolean;
  /** Called with each piece of standard output as it arrives. */
  readonly onStdout?: (chunk: string) => void;
};

/** How a command ended. `code` is null where a signal ended it. */
export type Outcome = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};

/**
 * One host. `run` resolves with any exit code; it rejects with a `KollaBackupError` when the question couldn't be asked
 * or its answer didn't arrive. After HOST_TIMEOUT, HOST_CONNECTION_LOST and HOST_OUTPUT_TOO_LARGE the command may have run.
 */
export interface Host {
  /** The name by which people know it: the inventory's, or `deploy host`. */
  readonly name: string;
  run(command: Command): Promise<Outcome>;
  close(): Promise<void>;
}

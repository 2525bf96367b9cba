/** What the stack, the story and the contract tests ask of a cloud, whichever it is. */
import type { Engine } from './engines.ts';
import type { ExecOptions, ExecResult } from './mini/machine.ts';

export type Login = { readonly host: string; readonly port: number; readonly user: string };

export type CloudMachine = {
  /** As the inventory calls it: `comfortable-lark.local`; `deploy` for the deploy host. */
  readonly name: string;
  readonly hostname: string;
  /** In the cloud's own network. */
  readonly address: string;
  readonly machineId: string;
  /** From this machine. */
  readonly ssh: Login;
  /** Runs a command there as root, past SSH; any exit code resolves. */
  exec(argv: readonly [string, ...string[]], options?: ExecOptions): Promise<ExecResult>;
  /** The same, but rejects unless the exit code is 0, and gives stdout. */
  must(argv: readonly [string, ...string[]], options?: ExecOptions): Promise<string>;
  /** Power off, at once. */
  kill(): Promise<void>;
  /** Power on; resolves when its engine and sshd are up (MariaDB starts by its unit). */
  start(): Promise<void>;
};

export type CloudNode = CloudMachine & {
  /** Statements as root over the socket in the mariadb container; rows as lines, columns apart by tabs. */
  sql(statements: string): Promise<string>;
  /** `SHOW STATUS LIKE 'wsrep…'` by name; undefined while MariaDB doesn't answer. */
  wsrep(): Promise<Readonly<Record<string, string>> | undefined>;
};

export type Cloud<Node extends CloudNode = CloudNode, Machine extends CloudMachine = CloudMachine> = {
  readonly kind: 'mini' | 'kolla';
  readonly nodes: readonly [Node, Node, Node];
  readonly deploy: Machine;
  readonly vip: string;
  /** Of every node. */
  readonly engine: Engine;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  readonly image: string;
  readonly inventories: readonly string[];
  readonly kollaAnsible: string;
  /** kolla-ansible's release. */
  readonly release: string;
  /** kolla-ansible on the deploy host with these arguments, and nothing else. */
  kollaRaw(args: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Resolves when every running node is Primary and Synced with `size` members (default 3). */
  synced(size?: number, limitMs?: number): Promise<void>;
  stop(): Promise<void>;
};

import type { NodeRef } from '../../operation/checks.ts';

/** Device and inode of a directory: what it is, whatever it is called. */
export type Identity = readonly [number, number];
type Engine = NodeRef['engine'];

/** Paths are absolute, sizes bytes. `label` is the operation's id, which its containers carry. */
export type ProgramRequests = {
  readonly survey: {
    readonly engine: Engine;
    readonly container: string;
    readonly volume: string;
    readonly backupVolume: string;
    readonly unit: string;
    /** The node's galera.cnf. */
    readonly config: string;
  };
  readonly stage: {
    /** `<base>/<operation>/<number>`; the copy goes to `data` in it. */
    readonly directory: string;
    readonly live: string;
    readonly engine: Engine;
    readonly label: string;
    /** The datadir's owner and permission bits. */
    readonly uid: number;
    readonly gid: number;
    readonly mode: number;
    readonly needBytes: number;
    readonly floorBytes: number;
    /** How many incrementals are unpacked there, each into `incremental-<n>` beside `data`. */
    readonly incrementals?: number;
  };
  readonly trial: {
    readonly engine: Engine;
    readonly name: string;
    readonly labels: readonly string[];
    /** The image's id. */
    readonly image: string;
    readonly data: string;
    /** Null where its inode isn't known yet: it was made in the same plan. */
    readonly new: Identity | null;
    readonly uid: number;
    readonly gid: number;
    readonly config: string;
    /** The argv that asks the live server of this node, but for the statement. */
    readonly live: readonly string[];
    /** Whether every table is checked whole: a copy of a chain. */
    readonly checkTables?: boolean;
  };
  readonly manifest: { readonly data: string; readonly new: Identity };
  readonly hold: {
    readonly act: 'hold' | 'look' | 'let-go' | 'start' | 'restart' | 'reload';
    readonly unit: string | null;
    readonly flag: string;
    readonly engine: Engine;
    readonly container: string;
    readonly live: string;
  };
  readonly swap: {
    readonly direction: 'aside' | 'back';
    readonly live: string;
    readonly other: string;
    readonly old: Identity;
    readonly new: Identity;
    /** Of what is exchanged in, going aside: it must fit, or be empty. */
    readonly manifest: string | null;
    readonly empty: boolean;
    /** Going back: the cluster is recovered from it, so its old data must be whole where it is live already, too. */
    readonly source?: boolean;
    readonly unit: string | null;
    readonly engine: Engine;
    readonly container: string;
  };
  readonly clear: {
    /** `<base>/<operation>`. */
    readonly directory: string;
    readonly engine: Engine;
    readonly label: string;
    readonly live: string;
    /** The datadirs that were live when the preparation began. */
    readonly keep: readonly Identity[];
  };
  readonly discard: {
    /** `<base>/<operation>/<number>/data`. */
    readonly data: string;
    /** `<base>/<operation>`. */
    readonly directory: string;
    readonly old: Identity;
    readonly live: string;
  };
  readonly reduce: {
    readonly act: 'make' | 'remove';
    /** Where the reduced inventory stands, of the operation's own. */
    readonly directory: string;
    /** The argv of `ansible-inventory --list` with the deployment's own inventories, and what follows instead of those. */
    readonly program: readonly string[];
    readonly sources: readonly string[];
    readonly vault: readonly string[];
    /** Where kolla-ansible's playbooks may lie: their variables count, too. */
    readonly playbooks: readonly string[];
    readonly group: string;
    readonly gone: readonly string[];
  };
};
export type ProgramName = keyof ProgramRequests;

import type { JournaledProblem } from './operation.ts';
import type { Head } from './record.ts';

/** Rings a bell for an operation: nothing but its id is carried, and a lost ring is made good by the sweep. */
export interface Wake {
  /** Somebody should drive it. */
  drive(id: string): Promise<void>;
  /** Its thread is behind its journal. */
  project(id: string): Promise<void>;
}

/** Where an operation's thread stands, and how much of the journal it shows. */
export type ThreadState = {
  readonly channel: string;
  /** The root card's ts; null until it was posted. */
  readonly root: string | null;
  /** Earlier root cards, deleted or lost to us: what their threads showed still counts in an audit. */
  readonly former: readonly string[];
  /** The journal's head up to which every milestone was posted. */
  readonly shown: Head;
  /** Named before a post is sent and cleared after: on finding it, look in the thread before posting again. */
  readonly posting: string | null;
};

/** The projector's own memory. Losing it costs repeated posts, nothing else. */
export interface Threads {
  read(id: string): Promise<ThreadState | null>;
  /** False, and nothing is written, unless `token` holds the thread. */
  write(id: string, token: string, state: ThreadState): Promise<boolean>;
  /** Operations whose thread is behind. */
  behind(): Promise<readonly string[]>;
  /** The thread shows everything up to `head`; if the journal has no more, the operation isn't behind. */
  caughtUp(id: string, head: Head): Promise<void>;
  /** One projector an operation at a time; false while another holds it. `ms` until the hold ends by itself. */
  hold(id: string, token: string, ms: number): Promise<boolean>;
  release(id: string, token: string): Promise<void>;
  /** True once in `everyMs` for each occasion, whoever asks: whoever is told so gives the alert. */
  alertDue(occasion: string, everyMs: number): Promise<boolean>;
  /** How many bots were given this click or form within `ms`, `bot` among them from now on: Slack may give it to two. */
  deliveries(key: string, bot: string, ms: number): Promise<number>;
}

/** What a running step shows of itself: for eyes only, never for decisions. */
export type Progress = { readonly step: string; readonly line: string; readonly at: number };

/** What an archive told of itself when it was read whole, or that it can't be used (a code of the catalogue). */
export type ArchiveRead =
  | {
      readonly kind: 'whole';
      readonly type: 'full' | 'incremental';
      readonly fromLsn: string;
      readonly toLsn: string;
      readonly lastLsn: string;
      readonly serverVersion: string;
      readonly sha256: string;
      /** The end of the backup by its host's clock; absent where an earlier version read it. */
      readonly endedAt?: string;
    }
  /** `at` (ms): when it was read. */
  | { readonly kind: 'unusable'; readonly code: string; readonly at?: number };

/** A file in a volume: its path relative to it, its time in ms. */
export type SeenFile = {
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
  readonly inode: number;
  /** Null: it is no archive, one of ours, or wasn't read yet. */
  readonly read: ArchiveRead | null;
};

/** What lay in a cloud's backup volumes when a worker last looked; a node that couldn't be asked has a problem. */
export type Sighting = {
  readonly at: number;
  readonly nodes: readonly {
    readonly node: string;
    readonly problem: JournaledProblem | null;
    readonly files: readonly SeenFile[];
    /** How many more lie there than were listed. */
    readonly omitted?: number;
  }[];
};

/** Redacted output of steps and what is under way, kept for the thread. */
export interface StepNotes {
  progress(id: string): Promise<Progress | null>;
  setProgress(id: string, progress: Progress): Promise<void>;
  /** The redacted log of a step, its tail where it was too long; null when there is none. */
  log(id: string, run: string): Promise<string | null>;
  setLog(id: string, run: string, text: string): Promise<void>;
  sighting(cloud: string): Promise<Sighting | null>;
  setSighting(cloud: string, seen: Sighting): Promise<void>;
  /** True once in `everyMs`: whoever is told so looks. */
  sightingDue(cloud: string, everyMs: number): Promise<boolean>;
}

/**
 * The port of a host's run directories: what makes a command run once there, whatever the workers believe.
 * Types only; the adapter is `hosts/run-directory.ts`.
 *
 * Every method rejects with a `KollaBackupError` (HOST_… or RUN_DIRECTORY_…) when no answer came. The act may then
 * have happened; each may be asked again: `open` then says `exists`, `start` `already_sent`, `take` `taken` or
 * `begun_already`, `close` `already`. Nothing here retries by itself.
 */
import type { Head } from './record.ts';

/** A plan's directory on a host: an operation's id, and a plan's or track's number. */
export type PlanName = { readonly operation: string; readonly plan: string };
/** One sending of a step in it. */
export type StepName = PlanName & { readonly step: string };

/** What is kept out of the output: values found in these files of the host, and these patterns (Python's syntax) beside the built-in ones. */
export type Redaction = { readonly files: readonly string[]; readonly patterns: readonly string[] };

/** What is run as that sending. */
export type StartRequest = StepName & {
  /** The place of the operation's journal at which its driver decided. */
  readonly head: Head;
  readonly argv: readonly [string, ...string[]];
  /** Default `/`. */
  readonly cwd?: string;
  /** Added to PATH, HOME, USER, LOGNAME and LANG=C.UTF-8; nothing else is inherited. Readable on the host: no secrets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly redact: Redaction;
  /** `auto`: a transient unit where systemd runs and we are root, else a session of its own. Default `auto`. */
  readonly systemd?: 'auto' | 'never';
  /** Bytes of output that are kept from the beginning, and from the end once there were more. */
  readonly limits?: { readonly outputBytes: number; readonly tailBytes: number };
};

export type Opened = 'opened' | 'exists' | 'plan_over';

/** A file whose values could not be kept out of the output. */
export type RedactionProblem = {
  readonly file: string;
  readonly problem: 'unreadable' | 'vault' | 'too_large';
  readonly detail: string;
};

/**
 * `sent`: the command is on its way; only `look` tells whether it began. `already_sent`: another start was first,
 * this one did nothing. `plan_over`, `plan_missing`: nothing was done, and nothing of this plan starts here any more.
 */
export type Started =
  | {
      readonly state: 'sent';
      readonly supervisedBy: 'systemd' | 'setsid';
      /** Why systemd didn't take it, where it should have. */
      readonly note: string | null;
      readonly redaction: readonly RedactionProblem[];
    }
  | { readonly state: 'already_sent' | 'plan_over' | 'plan_missing' };

/** Redacted output from a byte offset on; `next` is the offset to ask for then, `size` what there is. */
export type OutputChunk = { readonly text: string; readonly next: number; readonly size: number };

/**
 * - `absent`: never sent (with the plan `over`: nor will it be).
 * - `sent`: not begun. It may begin at any moment, unless it is taken or the plan is over.
 * - `running`: its supervisor lives. `pid` is the program's, null while that isn't known.
 * - `orphaned`: its supervisor is dead, processes of the program live. The exit code will never be known.
 * - `finished`: `left` are pids of what the program left behind.
 * - `taken`: the program never ran and never will.
 * - `unclear`: it began, nothing of it lives, and how it ended is not known.
 */
export type StepState =
  | { readonly state: 'absent' | 'sent' | 'taken' | 'unclear' }
  | { readonly state: 'running'; readonly pid: number | null }
  | { readonly state: 'orphaned'; readonly pids: readonly number[] }
  | {
      readonly state: 'finished';
      /** Null where a signal ended it. 127 and a line in the output where it couldn't be run. */
      readonly code: number | null;
      readonly signal: number | null;
      /** Seconds since 1970 by the host's clock. */
      readonly started: number;
      readonly ended: number;
      readonly left: readonly number[];
    };

export type Look = StepState & {
  readonly plan: 'open' | 'over' | 'missing';
  /** Seconds since 1970 by the host's clock, when it looked. */
  readonly now: number;
  /** Null where the step is absent, or was taken before it was sent. */
  readonly head: Head | null;
  readonly output: OutputChunk;
};

/** `taken`: the program never ran and never will. `begun_already`: it may have; look. */
export type Taken = 'taken' | 'begun_already' | 'plan_over' | 'plan_missing';

/**
 * `closed`, `already`: nothing of the plan begins any more; `running` names the steps that still run, usually none.
 * `running`: nothing was done, for these steps run.
 */
export type Closed = { readonly state: 'closed' | 'already' | 'running'; readonly running: readonly string[] };

export type PlanOnHost = {
  readonly plan: string;
  readonly over: boolean;
  readonly steps: readonly { readonly step: string; readonly head: Head | null; readonly begun: boolean }[];
};
export type OperationOnHost = {
  readonly operation: string;
  readonly plans: readonly PlanOnHost[];
  readonly highest: Head | null;
};

/** `kept`: nothing was removed, for plans are open or steps run. */
export type Removed =
  | { readonly state: 'removed' | 'absent' }
  | { readonly state: 'kept'; readonly open: readonly string[]; readonly running: readonly string[] };

export interface RunDirectory {
  /** Makes the directory of a plan. A name that was ever closed is never opened again. */
  open(plan: PlanName): Promise<Opened>;
  /** Sends a step's command. It runs at most once, whoever else sends it. */
  start(request: StartRequest): Promise<Started>;
  /** How a step stands, and its output from `outputOffset` (bytes, default 0) on. */
  look(step: StepName, outputOffset?: number): Promise<Look>;
  /** Makes sure that a step which hasn't begun never does. */
  take(step: StepName): Promise<Taken>;
  /** Ends a plan on this host, also one that was never opened here. */
  close(plan: PlanName, options?: { readonly evenIfRunning: boolean }): Promise<Closed>;
  /** Every operation that this host remembers, with the highest head of each. */
  heads(): Promise<readonly OperationOnHost[]>;
  /** Forgets an operation whose plans are all over. */
  remove(operation: string): Promise<Removed>;
}

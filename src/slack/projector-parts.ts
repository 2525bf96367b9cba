import type { Journal } from '../operation/journal.ts';
import type { StepNotes, Threads } from '../operation/ports.ts';
import type { Gate } from './gatekeeper.ts';
import type { ThreadDoor } from './thread.ts';
import type { Log } from './web.ts';

/** How far a thread is: everything shown; another shows it; not yet, it is tried again; said why not; nothing there. */
export type Projected = 'shown' | 'busy' | 'behind' | 'halted' | 'nothing';

/** What a projector works with. */
export type ProjectorParts = {
  readonly journal: Journal;
  readonly threads: Threads;
  readonly notes: StepNotes;
  readonly door: ThreadDoor;
  readonly log: Log;
  /** Asked whenever a thread shows its whole journal. */
  readonly gate?: Gate;
  readonly now?: () => number;
};

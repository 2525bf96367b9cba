import type { Logger } from 'pino';
import type { OperationEvent } from '../operation/events.ts';
import type { Journal } from '../operation/journal.ts';
import type { JournaledProblem, Operation } from '../operation/operation.ts';
import type { StepNotes, Wake } from '../operation/ports.ts';
import type { CloudHosts } from './hosts.ts';
import type { Keeper } from './keeper.ts';

/** Thrown to leave a drive where it stands: another drives, the lease is lost, or the process is leaving. Nothing is lost by it. */
export class DriveStopped extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'DriveStopped';
  }
}

/** A check that isn't as it must be, on its way to the journal. */
export class Refused extends Error {
  readonly problem: JournaledProblem;
  constructor(problem: JournaledProblem) {
    super(problem.code);
    this.name = 'Refused';
    this.problem = problem;
  }
}

/** One worker's hold on one operation, and what it needs to go on. */
export type Drive = {
  /** As it was last read or written. */
  operation(): Operation;
  readonly claim: string;
  readonly keeper: Keeper;
  /** Aborts when the lease is lost or the process is leaving. */
  readonly signal: AbortSignal;
  readonly hosts: CloudHosts;
  readonly notes: StepNotes;
  readonly log: Logger;
  readonly logDirectory: string;
  /**
   * Journals what was decided on `operation()`. False when somebody else wrote meanwhile (a cancel, say): it was read
   * again and must be decided anew. Throws DriveStopped when this worker doesn't drive any more.
   */
  write(event: OperationEvent, own?: 'need'): Promise<boolean>;
};

export function driveWriter(
  journal: Journal,
  wake: Wake,
  claim: string,
  start: Operation,
): { operation: () => Operation; write: Drive['write'] } {
  let operation = start;
  async function write(event: OperationEvent, own?: 'need'): Promise<boolean> {
    const said = await journal.append(operation, event, { lease: { mode: 'hold', claim }, ...(own ? { own } : {}) });
    switch (said.answer) {
      case 'appended':
        operation = said.operation;
        await wake.project(operation.id).catch(() => {}); // the projector's own sweep finds it
        return true;
      case 'moved': {
        const read = await journal.read(operation.id);
        if (read.state !== 'sound') throw new DriveStopped(`the journal is ${read.state}`);
        operation = read.operation;
        return false;
      }
      default:
        throw new DriveStopped(`${event.type}: ${said.answer}`);
    }
  }
  return { operation: () => operation, write };
}

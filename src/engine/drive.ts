import type { Logger } from 'pino';
import type { Problem } from '../operation/catalogue.ts';
import type { OperationEvent } from '../operation/events.ts';
import { illegal } from '../operation/grammar.ts';
import type { Appended, Journal, Terms } from '../operation/journal.ts';
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
  write(event: OperationEvent): Promise<boolean>;
  /**
   * Journals the start of a step, on the terms of its move. `waits`: another operation owns the cloud, or it came too
   * late; it was read again.
   */
  writeStart(event: OperationEvent, terms: Pick<Terms, 'own' | 'notAfter'>): Promise<'written' | 'moved' | 'waits'>;
  /** Reads the journal again if somebody wrote into it meanwhile. */
  refresh(): Promise<Operation>;
  readonly journal: Pick<Journal, 'now' | 'owner' | 'read' | 'recent' | 'restores'>;
  /** What is missing for Redis to keep every event; null when nothing is. */
  readonly durable: () => Promise<Problem | null>;
};

/**
 * Journals an answer that took its time. What others wrote meanwhile (a refused click, a word that somebody looks after
 * it) takes nothing from it while it may still be said; else what follows is decided by what they wrote.
 */
export async function writeAnswer(drive: Pick<Drive, 'operation' | 'write'>, event: OperationEvent): Promise<void> {
  while (!(await drive.write(event))) if (illegal(drive.operation(), event) !== null) return;
}

/** How a drive that has this claim reads and writes its journal, beginning with `start`. */
export function driveWriter(
  journal: Journal,
  wake: Wake,
  claim: string,
  start: Operation,
): Pick<Drive, 'operation' | 'write' | 'writeStart' | 'refresh'> {
  let operation = start;
  async function readAgain(): Promise<Operation> {
    const read = await journal.read(operation.id);
    if (read.state !== 'sound') throw new DriveStopped(`the journal is ${read.state}`);
    operation = read.operation;
    return operation;
  }
  async function append(event: OperationEvent, terms: Pick<Terms, 'own' | 'notAfter'>): Promise<Appended['answer']> {
    const said = await journal.append(operation, event, { ...terms, lease: { mode: 'hold', claim } });
    switch (said.answer) {
      case 'appended':
        operation = said.operation;
        await wake.project(operation.id).catch(() => {}); // the projector's own sweep finds it
        break;
      case 'moved':
      case 'owned':
      case 'late':
        await readAgain();
        break;
      default:
        throw new DriveStopped(`${event.type}: ${said.answer}${said.answer === 'illegal' ? `, ${said.why}` : ''}`);
    }
    return said.answer;
  }
  return {
    operation: () => operation,
    write: async (event) => (await append(event, {})) === 'appended',
    writeStart: async (event, terms) => {
      const said = await append(event, terms);
      return said === 'appended' ? 'written' : said === 'moved' ? 'moved' : 'waits';
    },
    refresh: async () => {
      const head = await journal.head(operation.id);
      return head?.seq === operation.head.seq && head.hash === operation.head.hash ? operation : readAgain();
    },
  };
}

import type { ModalView } from '@slack/types';
import type { CloudConfig, Config } from '../config.ts';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import { type Journal, notSound } from '../operation/journal.ts';
import type { JournaledProblem, Operation } from '../operation/operation.ts';
import type { StepNotes, Threads, Wake } from '../operation/ports.ts';
import type { JournalRecord } from '../operation/record.ts';
import type { Allowed, Authority } from './authorize.ts';
import type { Where } from './cards/answers.ts';
import type { ThreadDoor } from './thread.ts';
import type { Log } from './web.ts';

/** What commands and buttons work with. */
export type Office = {
  /** Which of several bots this is: another name each time that it is started. */
  readonly bot: string;
  readonly clouds: Config['clouds'];
  readonly journal: Journal;
  readonly threads: Threads;
  readonly notes: StepNotes;
  readonly wake: Wake;
  readonly authority: Authority;
  readonly door: ThreadDoor;
  /** Shows a form to whoever gave `trigger` (Slack's, good once and for 3 s). Rejects with Slack's error. */
  readonly showForm: (trigger: string, view: ModalView) => Promise<void>;
  /** Why Redis could lose what it took; null when it can't. What destroys isn't asked for on such a Redis. */
  readonly durable: () => Promise<Problem | null>;
  readonly log: Log;
  readonly now: () => number;
};

/** Who asked, where, by which single click or command, and Slack's trigger for one form. */
export type Asked = {
  readonly by: string;
  readonly channel: string;
  readonly trigger: string;
  readonly form: string;
};

/** A refusal on its way to the one who asked. The journal's problems may have codes that this version doesn't know. */
export class Refusal extends Error {
  readonly problem: JournaledProblem;
  constructor(problem: JournaledProblem) {
    super(problem.code);
    this.name = 'Refusal';
    this.problem = problem;
  }
}

/** Refuses what somebody asked for: throws a Refusal, which is told to them. */
export function refuse(code: Problem['code'], params: Problem['params'] = {}): never {
  throw new Refusal({ code, params });
}

/** The problem that an error is to the one who asked; null for one that nobody foresaw. */
export function problemOf(error: unknown): JournaledProblem | null {
  if (error instanceof Refusal) return error.problem;
  return error instanceof KollaBackupError ? error.problem : null;
}

/** Rings bells; one that isn't heard is made good by the sweep. */
export async function ring(office: Office, id: string, bells: readonly (keyof Wake)[]): Promise<void> {
  for (const bell of bells)
    await office.wake[bell](id).catch((error: unknown) => {
      office.log.warn({ operation: id, bell, error: String(error) }, 'a bell could not be rung');
    });
}

/** An operation that can be followed, or a refusal that says why not. */
export async function readSound(
  office: Pick<Office, 'journal'>,
  id: string,
  label: string,
): Promise<{ readonly operation: Operation; readonly records: readonly JournalRecord[] }> {
  const read = await office.journal.read(id);
  if (read.state === 'sound') return read;
  throw new Refusal(notSound(read, label));
}

/** The id under a label. */
export async function byLabel({ journal }: Pick<Office, 'journal'>, label: string): Promise<string> {
  return (await journal.byLabel(label)) ?? refuse('LABEL_UNKNOWN', { label });
}

/** A cloud of the config, or a refusal that names those there are. */
export function cloudOf({ clouds }: Pick<Office, 'clouds'>, cloud: string): CloudConfig {
  const known = Object.hasOwn(clouds, cloud) ? clouds[cloud] : undefined;
  return known ?? refuse('CLOUD_UNKNOWN', { cloud, clouds: Object.keys(clouds).join(', ') });
}

/** Refuses those who may not ask for changes on a cloud; `fresh` where what is remembered of them isn't enough. */
export async function demandRequester(office: Office, by: string, cloud: string, fresh = false): Promise<void> {
  const { requesters } = cloudOf(office, cloud);
  const allowed = await office.authority.among(by, requesters, cloud, fresh);
  if (!allowed.ok) throw new Refusal(allowed.problem);
}

/** Refuses those who may not approve what destroys on a cloud. */
export async function demandApprover(office: Office, by: string, cloud: string, fresh = false): Promise<void> {
  const allowed = await mayApprove(office, by, cloud, fresh);
  if (!allowed.ok) throw new Refusal(allowed.problem);
}

/** Whether somebody is an approver of a cloud, as Slack and the config say. */
export async function mayApprove(
  { clouds, authority }: Pick<Office, 'clouds' | 'authority'>,
  by: string,
  cloud: string,
  fresh: boolean,
): Promise<Allowed> {
  const approvers = Object.hasOwn(clouds, cloud) ? clouds[cloud]?.approvers : undefined;
  if (approvers === undefined) return { ok: false, problem: { code: 'APPROVERS_MISSING', params: { cloud } } };
  const allowed = await authority.among(by, approvers, cloud, fresh);
  if (allowed.ok || allowed.problem.code !== 'PERSON_NOT_LISTED') return allowed;
  return { ok: false, problem: { code: 'APPROVER_NOT_LISTED', params: { person: by, cloud } } };
}

/** Refuses those who may neither ask for changes on a cloud nor approve them. */
export async function demandEither(office: Office, by: string, cloud: string, fresh = false): Promise<void> {
  const approver = await mayApprove(office, by, cloud, fresh);
  if (!approver.ok) await demandRequester(office, by, cloud, fresh);
}

/** Refuses what destroys where nobody could approve it, or where Redis could forget that it was begun. */
export async function demandDestroyable(office: Office, cloud: string): Promise<void> {
  if (cloudOf(office, cloud).approvers === undefined) refuse('APPROVERS_MISSING', { cloud });
  const problem = await office.durable();
  if (problem !== null) throw new Refusal(problem);
}

/** Refuses whoever is no full member of the workspace. */
export async function demandMember(office: Office, by: string): Promise<void> {
  const allowed = await office.authority.member(by);
  if (!allowed.ok) throw new Refusal(allowed.problem);
}

/** Where an operation's thread is. */
export async function whereIs(office: Office, operation: Operation): Promise<Where> {
  const state = await office.threads.read(operation.id).catch(() => null);
  const channel = state?.channel ?? operation.channel;
  if (!state?.root) return { channel, link: null };
  return { channel, link: await office.door.link(state.channel, state.root) };
}

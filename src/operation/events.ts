import { z } from 'zod';
import { answered, volumeEntry } from './checks.ts';
import { facts } from './facts.ts';
import { claimId, cloudId, hex64, hostName, operationId, personId, stepId } from './ids.ts';
import { plan } from './plan.ts';
import { backupType, journaledProblem, VOLUME_PATH_CHARS } from './shapes.ts';

const planNumber = z.int().min(1);
const attempt = z.int().min(1).max(100);
const at = { plan: planNumber, step: stepId, attempt };
/** Which plan an event is about: its number, and the digest that people saw. */
const about = { plan: planNumber, digest: hex64 };

/** What people ask of an operation that can be refused. */
export const ASKED = [
  'cancel',
  'approve',
  'decline',
  'revoke',
  'back_out',
  'acknowledge',
  'resolve',
  'release',
] as const;
export type AskedFor = (typeof ASKED)[number];

/** The most characters of a reason that people give. */
export const REASON_CHARS = 300;
const reason = z.string().min(1).max(REASON_CHARS);
/** `RST-7`, for people. */
export const operationLabel = z.string().regex(/^[A-Z]{3}-\d{1,9}$/);
/** An archive's path in the backup volume, as the releases name them: no climbing, no odd characters. */
export const archivePath = z
  .string()
  .max(VOLUME_PATH_CHARS)
  .regex(/^(?:[A-Za-z0-9][A-Za-z0-9._-]*\/)?[A-Za-z0-9][A-Za-z0-9._-]*\.gz$/);

/** How many nodes a restore may go on without. */
export const GONE_MAX = 1;
/** What was asked for. */
export const wish = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('backup'), type: backupType }),
  z.strictObject({
    kind: z.literal('restore'),
    /** `node` null: look for it on every node; `sha256` null: it wasn't proven by us. */
    archive: z.strictObject({ path: archivePath, node: hostName.nullable(), sha256: hex64.nullable() }),
    reason,
    /** The requester says that older schemas than the live ones are meant. */
    olderSchemas: z.boolean(),
    /** Nodes that are powered off and stay so until the restore is done: it goes on without them. Absent: none. */
    without: z.array(hostName).min(1).max(GONE_MAX).optional(),
  }),
  /** Removes for good what a restore had set aside. */
  z.strictObject({ kind: z.literal('discard'), restore: operationId, label: operationLabel, reason }),
]);
export type Wish = z.infer<typeof wish>;

/** Where an operation's thread stands or will stand. */
export const place = z.strictObject({ channel: z.string().regex(/^[CDG][A-Z0-9]{2,30}$/) });

/** Files found after a run that didn't end well; `host` is where, null `files` means that it couldn't be asked. */
export const remains = z.array(z.strictObject({ host: hostName, files: z.array(volumeEntry).nullable() }));

/** Everything that can happen to an operation. Events are only added; a changed meaning gets a new type. */
export const operationEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('requested'),
    label: operationLabel,
    cloud: cloudId,
    wish,
    by: personId,
    place: place.nullable(),
  }),
  /** A worker drives the operation from here on. */
  z.strictObject({ type: z.literal('claimed'), claim: claimId, worker: z.string().max(200) }),
  z.strictObject({ type: z.literal('probed'), claim: claimId, facts }),
  z.strictObject({ type: z.literal('planned'), claim: claimId, plan, digest: hex64 }),
  /** Written before the program is sent; `checks` is what was true just before. */
  z.strictObject({ type: z.literal('step_started'), claim: claimId, ...at, checks: z.array(answered) }),
  z.strictObject({
    type: z.literal('step_finished'),
    claim: claimId,
    ...at,
    /** worked: its effect was seen; not_begun: the program never ran and never will, the step may be sent again. */
    outcome: z.enum(['worked', 'failed', 'not_begun']),
    /** How the program ended; null for a step without one. */
    exit: z.strictObject({ code: z.int().nullable(), signal: z.string().max(20).nullable() }).nullable(),
    checks: z.array(answered),
    problem: journaledProblem.nullable(),
  }),
  /** It began and nobody can tell how it ended. */
  z.strictObject({ type: z.literal('step_unclear'), claim: claimId, ...at, problem: journaledProblem }),
  /**
   * It stands in the thread: the plan (from then on it can be approved), or that its execution begins now. For the
   * latter the approvers were looked up once more; `eligible` are those who still may approve.
   */
  z.strictObject({
    type: z.literal('announced'),
    what: z.enum(['plan', 'execution']),
    ...about,
    eligible: z.array(personId).max(50),
  }),
  z.strictObject({ type: z.literal('approved'), by: personId, ...about }),
  /** Somebody who could have approved says no: nothing comes of this plan. */
  z.strictObject({ type: z.literal('declined'), by: personId, ...about, reason }),
  /** An approval counts no more: taken back (`problem` null), or its giver may not approve any more. */
  z.strictObject({ type: z.literal('revoked'), by: personId, ...about, problem: journaledProblem.nullable() }),
  /** `plan`: nobody approved in time. `approval`: the execution did not begin in time, or the clock jumped back. */
  z.strictObject({
    type: z.literal('expired'),
    claim: claimId,
    ...about,
    what: z.enum(['plan', 'approval']),
    why: z.enum(['time', 'clock']),
  }),
  /** What the plan was approved on isn't so any more: it never runs. */
  z.strictObject({ type: z.literal('voided'), claim: claimId, ...about, problem: journaledProblem }),
  /** A preparation didn't work; what it left is removed. */
  z.strictObject({ type: z.literal('given_up'), claim: claimId, problem: journaledProblem }),
  /** What a preparation left on the hosts is being removed, as track `number`. */
  z.strictObject({ type: z.literal('clearing'), claim: claimId, number: planNumber }),
  /** It is removed, or can't be on these hosts; with this the operation ends as it was withdrawn. */
  z.strictObject({
    type: z.literal('cleared'),
    claim: claimId,
    left: z.array(z.strictObject({ host: hostName, problem: journaledProblem })).max(50),
  }),
  /** Somebody starts one of the plan's back-outs, as track `number`. */
  z.strictObject({
    type: z.literal('backing_out'),
    by: personId,
    plan: planNumber,
    backOut: z.string().max(90),
    number: planNumber,
  }),
  /** Somebody says that they look after what needs attention. */
  z.strictObject({ type: z.literal('acknowledged'), by: personId }),
  /** One person says how an unclear step ended; a second one must agree. */
  z.strictObject({
    type: z.literal('resolution_asked'),
    by: personId,
    ...at,
    says: z.enum(['ran', 'not_run']),
    reason,
  }),
  z.strictObject({ type: z.literal('resolved'), by: personId, ...at }),
  /** One person says that a node of the plan is gone for good: nothing waits for it once a second one agrees. */
  z.strictObject({ type: z.literal('gone_asked'), by: personId, host: hostName, reason }),
  /** A second person agreed. What that host was told last, and what may still stand in its run directories, is unknown. */
  z.strictObject({ type: z.literal('gone'), by: personId, host: hostName }),
  /** Something asked of this operation was refused. */
  z.strictObject({ type: z.literal('refused'), by: personId, asked: z.enum(ASKED), problem: journaledProblem }),
  z.strictObject({ type: z.literal('cancelled'), by: personId }),
  /** Something that people should know while it goes on by itself, or can't. */
  z.strictObject({ type: z.literal('attention'), claim: claimId, problem: journaledProblem }),
  /** What attention was asked for is over: the host answers again. */
  z.strictObject({ type: z.literal('eased'), claim: claimId }),
  /** One person asks that the cloud be given back though nobody can tell how the operation stands. */
  z.strictObject({ type: z.literal('release_asked'), by: personId, reason }),
  /** A second person agreed: the operation ends here, and what may still run on the hosts is theirs to look after. */
  z.strictObject({ type: z.literal('released'), by: personId }),
  z.strictObject({ type: z.literal('succeeded'), claim: claimId }),
  z.strictObject({ type: z.literal('failed'), claim: claimId, problem: journaledProblem, remains }),
]);
export type OperationEvent = z.infer<typeof operationEvent>;
export type EventType = OperationEvent['type'];

/** Events that end an operation, whatever came before. */
const ENDS: ReadonlySet<EventType> = new Set(['cleared', 'released', 'succeeded', 'failed']);
/** Events after which nothing of an operation runs any more: with them it ends where nothing is to be removed. */
const WITHDRAWALS: ReadonlySet<EventType> = new Set(['cancelled', 'declined', 'voided', 'given_up']);

/** Whether an event ends an operation. `touched`: something was sent to hosts that must be removed first. */
export function isEnd(event: OperationEvent, touched: boolean): boolean {
  if (ENDS.has(event.type)) return true;
  return !touched && (WITHDRAWALS.has(event.type) || (event.type === 'expired' && event.what === 'plan'));
}

import { z } from 'zod';
import { answered, journaledProblem, volumeEntry } from './checks.ts';
import { facts } from './facts.ts';
import { claimId, cloudId, hex64, hostName, personId, stepId } from './ids.ts';
import { plan } from './plan.ts';

const planNumber = z.int().min(1);
const attempt = z.int().min(1).max(100);
const at = { plan: planNumber, step: stepId, attempt };

/** What was asked for. A restore will stand beside it. */
export const wish = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('backup'), type: z.literal('full') }),
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
    label: z.string().regex(/^[A-Z]{3}-\d{1,9}$/),
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
  /** Something asked of this operation was refused. */
  z.strictObject({ type: z.literal('refused'), by: personId, asked: z.enum(['cancel']), problem: journaledProblem }),
  z.strictObject({ type: z.literal('cancelled'), by: personId }),
  /** Something that people should know while it goes on by itself, or can't. */
  z.strictObject({ type: z.literal('attention'), claim: claimId, problem: journaledProblem }),
  /** What attention was asked for is over: the host answers again. */
  z.strictObject({ type: z.literal('eased'), claim: claimId }),
  /** One person asks that the cloud be given back though nobody can tell how the operation stands. */
  z.strictObject({ type: z.literal('release_asked'), by: personId, reason: z.string().min(1).max(300) }),
  /** A second person agreed: the operation ends here, and what may still run on the hosts is theirs to look after. */
  z.strictObject({ type: z.literal('released'), by: personId }),
  z.strictObject({ type: z.literal('succeeded'), claim: claimId }),
  z.strictObject({ type: z.literal('failed'), claim: claimId, problem: journaledProblem, remains }),
]);
export type OperationEvent = z.infer<typeof operationEvent>;
export type EventType = OperationEvent['type'];

/** Events that end an operation. */
export const ENDS: ReadonlySet<EventType> = new Set(['cancelled', 'released', 'succeeded', 'failed']);

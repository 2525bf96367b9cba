import type { CloudConfig } from '../config.ts';
import { awaited } from '../operation/approval.ts';
import type { Journal } from '../operation/journal.ts';
import { attemptsIn, destroyStarted, type Operation, stuckAt } from '../operation/operation.ts';
import type { Threads } from '../operation/ports.ts';
import { alertCard, approvalCallCard } from './cards/alerts.ts';
import { noticeMark } from './heads.ts';
import type { ThreadDoor } from './thread.ts';
import { type Log, troubleOf } from './web.ts';

/** How often people are called again until somebody looks after it, in ms. */
export const ALERT_EVERY_MS = 300_000;
/** A plan that waits for people is said to them once. */
const APPROVAL_CALL_EVERY_MS = 7 * 86_400_000;
/** The metadata's word for an alert. */
const NOTICE = 'alert';

/** The step after which the service was seen again. */
const SERVICE_SEEN = 'confirm-service';

/** Since when (ms) an operation needs people who haven't come yet; null when it doesn't. */
export function alertSince(operation: Operation): number | null {
  const { end, acknowledged, attention } = operation;
  if (end !== null || acknowledged !== null) return null;
  const stuck = stuckAt(operation);
  if (stuck !== null) return stuck.attempt.end?.at ?? stuck.attempt.startedAt;
  return attention !== null && isDown(operation) ? attention.at : null;
}

/** Whether MariaDB was stopped by a restore and not yet seen back. */
function isDown(operation: Operation): boolean {
  const { wish, track } = operation;
  if (wish.kind !== 'restore' || track === null || !destroyStarted(operation)) return false;
  return attemptsIn(operation, track.number).get(SERVICE_SEEN)?.at(-1)?.end?.outcome !== 'worked';
}

/** What people are to be called for now: what occasion it is, how often it is said, and in what words. */
type Call = { readonly occasion: string; readonly everyMs: number; readonly card: typeof alertCard };

function callFor(operation: Operation, everyMs: number): Call | null {
  const since = alertSince(operation);
  if (since !== null) return { occasion: `${operation.id}:${since}`, everyMs, card: alertCard };
  const { announcedAt, completeAt } = operation.consent;
  const waiting = awaited(operation) !== null && announcedAt !== null && completeAt === null;
  if (!waiting) return null;
  const occasion = `${operation.id}:approve:${operation.plan?.plan.number}`;
  return { occasion, everyMs: APPROVAL_CALL_EVERY_MS, card: approvalCallCard };
}

/** Whom a cloud's alerts mention, in mrkdwn: the group named for that, or everybody who may approve. */
export function alerted({ alerts, approvers, requesters }: CloudConfig): string {
  const { users, groups } =
    alerts.group === undefined ? (approvers ?? requesters) : { users: [], groups: [alerts.group] };
  return [...groups.map((id) => `<!subteam^${id}>`), ...users.map((id) => `<@${id}>`)].join(' ');
}

export type AlertParts = {
  readonly clouds: Readonly<Record<string, CloudConfig>>;
  readonly journal: Journal;
  readonly threads: Threads;
  readonly door: ThreadDoor;
  readonly log: Log;
  readonly everyMs: number;
};

/** Looks at everything under way once, and calls people where that is due; which bot does it, Redis decides. */
export function alerting({ clouds, journal, threads, door, log, everyMs }: AlertParts): () => Promise<void> {
  /** What was due and could not be said: it is tried again at each look. */
  const owed = new Set<string>();

  return async () => {
    for (const id of await journal.open()) {
      const read = await journal.read(id);
      if (read.state !== 'sound') continue;
      const wanted = callFor(read.operation, everyMs);
      if (wanted === null) continue;
      const { occasion, card } = wanted;
      const due = await threads.alertDue(occasion, wanted.everyMs);
      if (!due && !owed.has(occasion)) continue;
      owed.add(occasion);
      if (await call(read.operation, card)) owed.delete(occasion);
    }
  };

  /** In the operation's thread and in the channel for alerts; whether it was said wherever it can be. */
  async function call(operation: Operation, make: Call['card']): Promise<boolean> {
    const cloud = Object.hasOwn(clouds, operation.cloud) ? clouds[operation.cloud] : undefined;
    if (cloud === undefined) return true;
    const state = await threads.read(operation.id);
    const card = make(operation, alerted(cloud));
    const channel = cloud.alerts.channel ?? cloud.channel;
    const places = [...(state?.root ? [[state.channel, state.root] as const] : []), [channel, null] as const];
    let said = 0;
    for (const [where, thread] of places)
      try {
        await door.post(where, thread, card, noticeMark(operation.id, NOTICE));
        said += 1;
      } catch (error) {
        log.error({ operation: operation.id, channel: where, trouble: troubleOf(error) }, 'an alert was not posted');
      }
    return said > 0;
  }
}

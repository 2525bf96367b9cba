import { awaited, countedApprovals, gateOf } from '../operation/approval.ts';
import type { OperationEvent } from '../operation/events.ts';
import type { Journal } from '../operation/journal.ts';
import type { JournaledProblem, Operation, StoredPlan } from '../operation/operation.ts';
import type { Wake } from '../operation/ports.ts';
import type { JournalRecord } from '../operation/record.ts';
import { stoppingCard } from './cards/alerts.ts';
import { noticeCard } from './cards/notices.ts';
import { isNotice, noticeMark } from './heads.ts';
import { mayApprove, type Office } from './office.ts';
import { carries, type Desk, inThread, once } from './posting.ts';
import { moment } from './text.ts';
import type { ThreadDoor } from './thread.ts';
import { misfit, type Shown, shownIn } from './thread-heads.ts';
import { type Log, troubleOf } from './web.ts';

/** How soon it is looked at again what Slack couldn't say, or what doesn't fit, in ms. */
export const GATE_AGAIN_MS = 15_000;

/** The same while another operation has the cloud, in ms. */
const OWNED_AGAIN_MS = 3_000;

/** Problems after which somebody is known not to be eligible; after any other nobody knows. */
const NOT_ELIGIBLE: ReadonlySet<string> = new Set([
  'PERSON_UNKNOWN',
  'PERSON_DEACTIVATED',
  'PERSON_BOT',
  'PERSON_GUEST',
  'PERSON_INVITED',
  'PERSON_EXTERNAL',
  'APPROVER_NOT_LISTED',
]);

export type GateParts = Pick<Office, 'clouds' | 'authority'> & {
  readonly journal: Journal;
  readonly door: ThreadDoor;
  readonly wake: Wake;
  readonly log: Log;
};

/**
 * Writes for the people what only the bot can see: that a plan stands in its thread, so that it can be approved; and
 * that its execution begins, after the approvers were looked up once more, the thread was compared with the journal, and
 * "stopping now" stands in it. Called with a held thread that shows the whole journal. The journal decides between
 * several bots. Resolves with ms until it wants to look again; null where it needn't.
 */
export type Gate = (desk: Desk, operation: Operation, records: readonly JournalRecord[]) => Promise<number | null>;

/** Whether there is something for the gatekeeper to do. */
export function gateDue(operation: Operation): boolean {
  const { announcedAt, completeAt, execution } = operation.consent;
  return awaited(operation) !== null && (announcedAt === null || (completeAt !== null && execution === null));
}

export function gatekeeper({ clouds, authority, journal, door, wake, log }: GateParts): Gate {
  const said = new Set<string>();

  return async (desk, operation, records) => {
    const stored = awaited(operation);
    if (stored === null || !gateDue(operation)) return null;
    if (operation.consent.announcedAt === null) return announce(operation, stored, 'plan', [], null);
    const gate = gateOf(operation, await journal.now());
    // What is expired, the worker says.
    if (gate.gate !== 'approved') return null;
    // A backup that runs is waited for: nothing is said to begin that doesn't.
    const owner = await journal.owner(operation.cloud);
    if (owner !== null && owner !== operation.id) {
      await tellWhoHasIt(desk, operation, owner, gate.until);
      return OWNED_AGAIN_MS;
    }
    const eligible = await stillEligible(desk, operation, stored);
    if (!Array.isArray(eligible)) return eligible === 'unknown' ? GATE_AGAIN_MS : null;
    const shown = await compared(desk, operation, records);
    if (shown === null) return GATE_AGAIN_MS;
    await tellBegin(desk, operation, shown);
    return announce(operation, stored, 'execution', eligible, gate.until);
  };

  /** Who of those whose approvals count may approve now; who may not has it taken back, and then nothing begins. */
  async function stillEligible(
    desk: Desk,
    operation: Operation,
    stored: StoredPlan,
  ): Promise<string[] | 'unknown' | 'revoked'> {
    const eligible: string[] = [];
    let unknown = false;
    for (const { by } of countedApprovals(operation)) {
      const allowed = await mayApprove({ clouds, authority }, by, operation.cloud, true);
      if (allowed.ok) eligible.push(by);
      else if (NOT_ELIGIBLE.has(allowed.problem.code)) {
        await append(operation, { type: 'revoked', by, ...named(stored), problem: allowed.problem }, null);
        return 'revoked';
      } else {
        unknown = true;
        log.warn({ operation: operation.id, by, problem: allowed.problem }, 'an approver could not be looked up');
        const params = { label: operation.label, person: by, code: allowed.problem.code };
        await complain(desk, { code: 'APPROVER_NOT_ASKED', params }, null, `${operation.consent.completeAt}`);
      }
    }
    return unknown ? 'unknown' : eligible;
  }

  /** What the thread shows, or null, and a word in the thread, where that isn't the journal. */
  async function compared(desk: Desk, operation: Operation, records: readonly JournalRecord[]): Promise<Shown | null> {
    const { label } = operation;
    const { channel, root, former } = desk.state;
    if (root === null) return null;
    try {
      const shown = await shownIn(door, desk.id, channel, [root, ...former]);
      const wrong = misfit(shown.heads, records);
      if (wrong === null) return shown;
      await complain(desk, { code: 'THREAD_DISAGREES', params: { label, seq: String(wrong.seq) } }, shown);
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.kind !== 'refused') throw error;
      await complain(desk, { code: 'THREAD_UNREADABLE', params: { label, error: trouble.error } }, null);
    }
    return null;
  }

  /** Says once for each time that a plan is approved that it waits for what another operation does. */
  async function tellWhoHasIt(desk: Desk, operation: Operation, id: string, until: number): Promise<void> {
    const read = await journal.read(id);
    const owner = read.state === 'sound' ? read.operation.label : id;
    const params = { label: operation.label, owner, until: moment(until) };
    await complain(desk, { code: 'EXECUTION_WAITS', params }, null, `${operation.consent.completeAt}`);
  }

  /** Says once why nothing begins; `about`: of what it is said once. */
  async function complain(
    desk: Desk,
    problem: JournaledProblem,
    shown: Shown | null,
    about: string = problem.params['seq'] ?? '',
  ): Promise<void> {
    const key = `${problem.code}:${about}`;
    const name = `${desk.id} ${key}`;
    if (said.has(name)) return;
    if (!carries(shown?.own ?? [], (one) => isNotice(one, desk.id, key))) {
      log.warn({ operation: desk.id, problem }, 'an approved plan is not begun');
      await inThread(desk, (root) =>
        once(desk, `notice:${key}`, {
          arrived: async () => carries(await door.own(desk.state.channel, root), (one) => isNotice(one, desk.id, key)),
          send: () => door.post(desk.state.channel, root, noticeCard(problem), noticeMark(desk.id, key)),
        }),
      );
    }
    said.add(name);
  }

  /** "Stopping now", once for each time that a plan is approved. */
  async function tellBegin(desk: Desk, operation: Operation, shown: Shown): Promise<void> {
    const key = `stopping:${operation.plan?.plan.number}:${operation.consent.completeAt}`;
    const stands = (own: Shown['own']) => carries(own, (one) => isNotice(one, desk.id, key));
    if (stands(shown.own)) return;
    await inThread(desk, (root) =>
      once(desk, key, {
        arrived: async () => stands(await door.own(desk.state.channel, root)),
        send: () => door.post(desk.state.channel, root, stoppingCard(operation), noticeMark(desk.id, key)),
      }),
    );
  }

  async function announce(
    operation: Operation,
    stored: StoredPlan,
    what: 'plan' | 'execution',
    eligible: readonly string[],
    notAfter: number | null,
  ): Promise<number | null> {
    const event: OperationEvent = { type: 'announced', what, ...named(stored), eligible: [...eligible] };
    const answer = await append(operation, event, notAfter);
    if (answer === 'appended' && what === 'execution')
      await wake.drive(operation.id).catch((error: unknown) => {
        log.warn({ operation: operation.id, error: String(error) }, 'a bell could not be rung');
      });
    return answer === 'clock' ? GATE_AGAIN_MS : null;
  }

  /** When the journal moved, its projector comes back with what it holds now. */
  async function append(operation: Operation, event: OperationEvent, notAfter: number | null): Promise<string> {
    const said = await journal.append(operation, event, notAfter === null ? {} : { notAfter });
    log.info({ operation: operation.id, event: event.type, answer: said.answer }, 'gatekeeper');
    return said.answer;
  }
}

function named({ plan, digest }: StoredPlan): { readonly plan: number; readonly digest: string } {
  return { plan: plan.number, digest };
}

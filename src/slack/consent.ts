import { approvableUntil, type Saying, whyNotConsent } from '../operation/approval.ts';
import { REASON_CHARS } from '../operation/events.ts';
import { personId } from '../operation/ids.ts';
import type { Operation } from '../operation/operation.ts';
import type { JournalRecord } from '../operation/record.ts';
import type { Claims } from './cards/claims.ts';
import { approveModal, declineModal } from './cards/modals.ts';
import { decide, demandKnown, saidSince, type Verdict, type Wanted } from './decide.ts';
import { claimed, type Filled, type FormFaults } from './filled.ts';
import { SEEN_MS } from './intake.ts';
import type { Message } from './limits.ts';
import { type Asked, demandApprover, type Office, readSound, refuse, whereIs } from './office.ts';
import { openForm } from './open-form.ts';
import { saidCard } from './said.ts';
import { clean } from './text.ts';

/** What people say of a plan: approve, decline, take back. The two-person rule itself stands in the heart. */

const wanted = ({ operation }: Claims, { by }: Asked, asked: Saying): Wanted => ({
  id: operation,
  label: operation,
  by,
  asked,
});

/** Which plan somebody means, by what the button showed; one that showed none means none that there is. */
const meant = ({ plan = 0, digest = '' }: Claims, { by }: Asked) => ({ by: personId.parse(by), plan, digest });

/** Refuses what can't be said of the plan by anybody, then whoever may not say it. */
async function demandConsent(
  office: Office,
  operation: Operation,
  records: readonly JournalRecord[],
  { asked, claims, saying, fresh }: { asked: Asked; claims: Claims; saying: Saying; fresh: boolean },
): Promise<void> {
  demandKnown(operation, records, claims);
  const problem = whyNotConsent(operation, meant(claims, asked), saying);
  if (problem !== null) refuse(problem.code, problem.params);
  await demandApprover(office, asked.by, operation.cloud, fresh);
}

/** Shows the form in which the cloud's name is typed. Who clicked is looked up fresh when the form comes back. */
export async function askApproval(office: Office, asked: Asked, claims: Claims): Promise<null> {
  return askAbout(office, asked, claims, 'approve', approveModal);
}

/** Shows the form in which the reason is written. */
export async function askDecline(office: Office, asked: Asked, claims: Claims): Promise<null> {
  return askAbout(office, asked, claims, 'decline', declineModal);
}

async function askAbout(
  office: Office,
  asked: Asked,
  claims: Claims,
  saying: Saying,
  modal: typeof approveModal,
): Promise<null> {
  const operation = await decide(office, wanted(claims, asked, saying), async (now, records) => {
    await demandConsent(office, now, records, { asked, claims, saying, fresh: false });
    return { write: null };
  });
  return openForm(office, asked, modal(operation), { claims });
}

/** The cloud's name must be typed: a second look at which cloud this is. Phones begin it with a capital. */
export async function approvalFaults(office: Office, { fields, context }: Filled): Promise<FormFaults> {
  const id = claimed(context).operation;
  const { cloud } = (await readSound(office, id, id)).operation;
  return names(fields, cloud) ? {} : { name: { code: 'APPROVAL_NAME_WRONG', params: { cloud } } };
}

/** Names of clouds have no capitals, so that no other cloud can be meant. */
const names = (fields: Filled['fields'], cloud: string) => fields.text('name').toLowerCase() === cloud;

/** Approves the plan that the form was about. */
export async function approve(office: Office, asked: Asked, { fields, context }: Filled): Promise<Message> {
  const claims = claimed(context);
  const operation = await say(office, asked, claims, 'approve', (now) => {
    const { label, cloud } = now;
    if (!names(fields, cloud)) refuse('APPROVAL_NAME_WRONG', { cloud });
    const late = { code: 'APPROVAL_TOO_LATE', params: { label } };
    const notAfter = approvableUntil(now) ?? 0;
    return { write: { type: 'approved', ...meant(claims, asked) }, notAfter, late };
  });
  const have = operation.consent.approvals.length;
  const needed = operation.plan?.plan.approval?.needed ?? have;
  const more = have < needed ? ` ${needed - have} more must approve.` : '';
  return saidCard(`Approved: plan ${claims.plan} of ${operation.label}.${more}`, await whereIs(office, operation));
}

/** Declines it, with the reason that was written. */
export async function decline(office: Office, asked: Asked, { fields, context }: Filled): Promise<Message> {
  const claims = claimed(context);
  const reason = clean(fields.text('reason'), REASON_CHARS);
  const operation = await say(office, asked, claims, 'decline', () => ({
    write: { type: 'declined', ...meant(claims, asked), reason },
  }));
  return saidCard(`Declined: ${operation.label} comes to nothing.`, await whereIs(office, operation));
}

/** Takes one's own approval back. */
export async function revoke(office: Office, asked: Asked, claims: Claims): Promise<Message> {
  const again = await copies(office, asked, claims, 'revoke');
  const operation = await decide(office, wanted(claims, asked, 'revoke'), async (now, records) => {
    if (await again(records)) return { write: null };
    demandKnown(now, records, claims);
    const problem = whyNotConsent(now, meant(claims, asked), 'revoke');
    // Whoever approved may always take it back, also when they may approve no more.
    return problem === null
      ? { write: { type: 'revoked', ...meant(claims, asked), problem: null } }
      : { refuse: problem };
  });
  return saidCard(`Your approval of ${operation.label} is taken back.`, await whereIs(office, operation));
}

async function say(
  office: Office,
  asked: Asked,
  claims: Claims,
  saying: Saying,
  verdict: (operation: Operation) => Verdict,
): Promise<Operation> {
  const again = await copies(office, asked, claims, saying);
  return decide(office, wanted(claims, asked, saying), async (now, records) => {
    if (await again(records)) return { write: null };
    await demandConsent(office, now, records, { asked, claims, saying, fresh: true });
    return verdict(now);
  });
}

const SAID = { approve: 'approved', decline: 'declined', revoke: 'revoked' } as const satisfies Record<Saying, string>;

/**
 * Tells whether what this click or form says stands in the journal because another bot was given the same one: whichever
 * was quicker. A second click of the same person is none of that, and is refused.
 */
async function copies(
  { threads, bot }: Office,
  { trigger, by }: Asked,
  claims: Claims,
  saying: Saying,
): Promise<(records: readonly JournalRecord[]) => Promise<boolean>> {
  const given = () => threads.deliveries(trigger, bot, SEEN_MS);
  await given();
  return async (records) =>
    saidSince(records, claims, (event) => event.type === SAID[saying] && event['by'] === by) && (await given()) > 1;
}

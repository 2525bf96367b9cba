import type { Button, KnownBlock } from '@slack/types';
import { approvableUntil, awaited } from '../../operation/approval.ts';
import type { Wish } from '../../operation/events.ts';
import { changeStarted, mayBeGone, type Operation, stuckAt } from '../../operation/operation.ts';
import type { BackOut } from '../../operation/plan.ts';
import { waysOut } from '../../runbooks/ways-out.ts';
import { LIMITS } from '../limits.ts';
import { cap, clean } from '../text.ts';
import { claimsOf, planClaims } from './claims.ts';
import { goneFollows } from './gone-follows.ts';

/** The action ids of our buttons; a block with several back-outs has `back_out:<its id>`. */
export const ACTIONS = {
  cancel: 'cancel',
  approve: 'approve',
  decline: 'decline',
  revoke: 'revoke',
  backOut: 'back_out',
  acknowledge: 'acknowledge',
  ran: 'resolve_ran',
  notRun: 'resolve_not_run',
  agree: 'resolve_agree',
  gone: 'gone',
  goneAgree: 'gone_agree',
  backup: 'backup_again',
} as const;

/** The least of a back-out's title on its button. */
const TITLE_MIN = 55;
/** How many back-outs a card has buttons for: what five nodes offer at once. */
export const BACK_OUTS_SHOWN = 11;

type Asks = { readonly title: string; readonly text: string; readonly yes: string; readonly no?: string };
type Look = { readonly style?: 'primary' | 'danger'; readonly asks?: Asks };

const plain = (text: string, max: number) => ({ type: 'plain_text' as const, text: cap(clean(text, max) || '–', max) });

function button(id: string, text: string, value: string, { style, asks }: Look = {}): Button {
  return {
    type: 'button',
    action_id: id,
    text: plain(text, LIMITS.buttonText),
    value,
    ...(style ? { style } : {}),
    ...(asks
      ? {
          confirm: {
            title: plain(asks.title, LIMITS.confirmTitle),
            text: plain(asks.text, LIMITS.confirmText),
            confirm: plain(asks.yes, LIMITS.confirmButton),
            deny: plain(asks.no ?? 'Not now', LIMITS.confirmButton),
            style: style ?? 'primary',
          },
        }
      : {}),
  };
}

/** Whether the journal would take a cancellation now. */
export function canCancel(operation: Operation): boolean {
  return operation.end === null && operation.withdrawal === null && !changeStarted(operation);
}

/** Every button that may be pressed now, as blocks; `does`: how much a back-out says of itself. None after the end. */
export function liveButtons(operation: Operation, does: number = LIMITS.confirmText): readonly KnownBlock[] {
  if (operation.end !== null) return [];
  return [
    ...block('resolve-actions', unclear(operation)),
    ...block('back-out-actions', backOuts(operation, does)),
    ...block('gone-actions', gone(operation)),
    ...block('attention-actions', attention(operation)),
    ...consentButtons(operation),
    ...block('root-actions', canCancel(operation) ? [cancel(operation)] : []),
  ];
}

/** Approve (in its time), decline and take back, while the plan stands in the thread and waits. */
export function consentButtons(operation: Operation): readonly KnownBlock[] {
  if (awaited(operation) === null || operation.consent.announcedAt === null) return [];
  const value = claimsOf(operation, planClaims(operation));
  return block('consent-actions', [
    ...(operation.headAt > (approvableUntil(operation) ?? 0)
      ? []
      : [button(ACTIONS.approve, 'Approve …', value, { style: 'danger' })]),
    button(ACTIONS.decline, 'Decline …', value),
    ...(operation.consent.approvals.length === 0
      ? []
      : [
          button(ACTIONS.revoke, 'Take my approval back', value, {
            asks: {
              title: 'Take your approval back?',
              text: 'Your approval of this plan counts no more. You may give it again while the plan waits.',
              yes: 'Take it back',
            },
          }),
        ]),
  ]);
}

/** Offers a full backup of what is live now. */
export function backupButton(operation: Operation): KnownBlock {
  return {
    type: 'actions',
    block_id: 'backup-actions',
    elements: [
      button(ACTIONS.backup, 'Take a full backup now', claimsOf(operation), {
        style: 'primary',
        asks: {
          title: `Full backup of ${operation.cloud}?`,
          text: 'A full backup of the databases as they are now begins at once.',
          yes: 'Take the backup',
        },
      }),
    ],
  };
}

function block(id: string, elements: Button[]): readonly KnownBlock[] {
  return elements.length === 0 ? [] : [{ type: 'actions', block_id: id, elements }];
}

/** What a cancellation would do, by what was wished. */
const CANCELLING = {
  backup: 'It ends without a backup. Once the backup was started it cannot be cancelled.',
  restore:
    'It ends, MariaDB is not touched, and what it prepared on the hosts is removed. Once it has begun to stop MariaDB it cannot be cancelled.',
  discard: 'It ends, and nothing is removed. Once it has begun to remove something it cannot be cancelled.',
} as const satisfies Record<Wish['kind'], string>;

function cancel(operation: Operation): Button {
  const { kind } = operation.wish;
  const text = CANCELLING[kind];
  return button(ACTIONS.cancel, 'Cancel', claimsOf(operation), {
    asks: { title: `Cancel ${operation.label}?`, text, yes: `Cancel the ${kind}`, no: 'Keep it' },
    style: 'danger',
  });
}

function backOuts(operation: Operation, does: number): Button[] {
  return waysOut(operation)
    .slice(0, BACK_OUTS_SHOWN)
    .map((one) => backOutButton(operation, one, does));
}

function backOutButton(operation: Operation, { id, title, does }: BackOut, max: number): Button {
  const value = claimsOf(operation, { ...planClaims(operation), backOut: id });
  const asks = { title: 'Take this way out?', text: clean(does, max), yes: 'Do it' };
  // Where many must fit, each is told by the beginning of its title.
  const label = clean(title, Math.max(TITLE_MIN, Math.min(max, LIMITS.buttonText)));
  return button(`${ACTIONS.backOut}:${id}`, label, value, { style: 'danger', asks });
}

function attention(operation: Operation): Button[] {
  const needed = operation.attention !== null || stuckAt(operation) !== null;
  return needed && operation.acknowledged === null
    ? [button(ACTIONS.acknowledge, 'I’m on it', claimsOf(operation), { style: 'primary' })]
    : [];
}

/** What may be said of an unclear step; once one person has said it, another one agrees or says otherwise. */
function unclear(operation: Operation): Button[] {
  const stuck = stuckAt(operation);
  if (stuck?.attempt.end?.outcome !== 'unclear' || operation.track === null) return [];
  const { step, attempt } = stuck;
  const value = claimsOf(operation, { plan: operation.track.number, step: step.id, attempt: attempt.attempt });
  const says = {
    ran: button(ACTIONS.ran, 'It ran …', value),
    not_run: button(ACTIONS.notRun, 'It didn’t run …', value),
  };
  const said = pendingResolution(operation)?.says;
  if (said === undefined) return [says.ran, says.not_run];
  const agree = button(ACTIONS.agree, said === 'ran' ? 'I agree: it ran' : 'I agree: it didn’t run', value, {
    style: 'danger',
    asks: {
      title: 'Agree?',
      text:
        said === 'ran'
          ? 'The step counts as done, and the operation goes on with the next one.'
          : 'The step counts as never begun, and it is sent again.',
      yes: 'Agree',
    },
  });
  return [agree, said === 'ran' ? says.not_run : says.ran];
}

/** A node may be gone for good: one person says it, another one agrees. */
function gone(operation: Operation): Button[] {
  const nodes = mayBeGone(operation);
  if (nodes.length === 0) return [];
  const say = button(ACTIONS.gone, 'A node is gone for good …', claimsOf(operation));
  const said = operation.goneAsked;
  if (said === null || !nodes.includes(said.host)) return [say];
  const agree = button(ACTIONS.goneAgree, `I agree: ${said.host} is gone`, claimsOf(operation, { host: said.host }), {
    style: 'danger',
    asks: {
      title: 'Agree?',
      text: `Nothing waits for ${clean(said.host, 80)} any more, ${goneFollows(operation, said.host)}`,
      yes: 'Agree',
    },
  });
  return [agree, say];
}

/** What one person has said of the step that is unclear now. */
export function pendingResolution(operation: Operation): Operation['resolution'] {
  const { resolution } = operation;
  const stuck = stuckAt(operation);
  return resolution !== null && resolution.step === stuck?.step.id && resolution.attempt === stuck.attempt.attempt
    ? resolution
    : null;
}

import { type Entries, NOTHING } from './entry.ts';

/** The two-person rule: who may say what of which plan, and when. */
export const consent = {
  PLAN_NOT_WAITING: {
    wrong: 'No plan of {label} waits for an approval.',
    done: NOTHING,
    next: 'Look at its card: it has not been planned yet, has begun, or has ended.',
  },
  PLAN_IS_ANOTHER: {
    wrong: 'This button belongs to another plan than the one of {label} that waits now.',
    done: 'Nothing was approved or declined.',
    next: 'Read the newest card in the thread, and decide on that one.',
  },
  PLAN_NOT_SHOWN: {
    wrong: 'The plan of {label} does not stand in its thread yet.',
    done: 'Nothing was approved or declined.',
    next: 'Wait until the plan and its card are there; nobody approves what cannot be read.',
  },
  APPROVER_IS_REQUESTER: {
    wrong: '{person} asked for {label} and cannot approve it too.',
    done: 'Nothing was approved; the plan still waits.',
    next: 'Ask another approver to read the plan. Whoever asked may cancel it.',
  },
  APPROVER_NOT_ASKED: {
    wrong: 'Slack could not say whether {person} may still approve {label} ({code}).',
    done: 'The approval stands; nothing was begun.',
    next: 'It is asked again by itself until the approval expires. If that lasts, look at status.slack.com and the app’s scopes.',
  },
  EXECUTION_WAITS: {
    wrong: '{label} is approved, but {owner} has the cloud now.',
    done: 'Nothing was begun.',
    next: 'It begins by itself when {owner} has ended, until {until}; after that it must be approved again.',
  },
  APPROVED_ALREADY: {
    wrong: '{person} has approved this plan of {label} already; one person counts once.',
    done: 'The approval stands as it was.',
    next: 'If more approvals are needed, other people must give them.',
  },
  APPROVAL_NOT_GIVEN: {
    wrong: 'There is no approval of {person} that could be taken back from {label}.',
    done: NOTHING,
    next: 'Look at the card: it names who approved.',
  },
  APPROVAL_TOO_LATE: {
    wrong: 'The plan of {label} waited too long and cannot be approved any more.',
    done: 'Nothing was approved, and nothing of this plan will run.',
    next: 'Ask for it again; a restore’s copy is then prepared anew from the archive.',
  },
  APPROVAL_NAME_WRONG: {
    wrong: 'What was typed is not the name of the cloud, {cloud}.',
    done: 'Nothing was approved.',
    next: 'Look again at which cloud this is; if it is the right one, type its name exactly.',
  },
  APPROVERS_MISSING: {
    wrong: 'The config names no approvers for {cloud}.',
    done: NOTHING,
    next: 'Set clouds.{cloud}.approvers in the config and start bot and workers again: nothing is destroyed without a second person.',
  },
  BACK_OUT_NOT_OFFERED: {
    wrong: '{label} offers no such way out now.',
    done: NOTHING,
    next: 'Look at its card: it shows what can be done from where it stands.',
  },
  BACK_OUT_HELD_UP: {
    wrong: 'Something of the former plan still runs on {host}: {steps}.',
    done: 'The back-out has not begun; it waits until that has ended.',
    next: 'Look at it on {host}. It is looked at again by itself.',
  },
  NOTHING_TO_ACKNOWLEDGE: {
    wrong: '{label} does not need attention now.',
    done: NOTHING,
    next: 'Look at its card.',
  },
  NOTHING_UNCLEAR: {
    wrong: 'No step of {label} is unclear now.',
    done: NOTHING,
    next: 'Look at its card.',
  },
  NO_NODE_MISSING: {
    wrong: 'Nothing of {label} waits for that node.',
    done: NOTHING,
    next: 'Look at its card.',
  },
  GONE_SECOND_PERSON: {
    wrong: '{person} said that a node of {label} is gone; another person must agree.',
    done: 'Nothing was decided.',
    next: 'Ask another approver to look at the node and to agree.',
  },
  RESOLUTION_SECOND_PERSON: {
    wrong: '{person} said how the step of {label} ended; another person must agree.',
    done: 'Nothing was decided.',
    next: 'Ask another approver to look at the host and to agree.',
  },
} as const satisfies Entries;

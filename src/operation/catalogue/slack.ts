import { type Entries, NOTHING } from './entry.ts';

/** People, buttons and Slack itself. */
export const slack = {
  BUTTON_STALE: {
    wrong: 'This button belongs to a state of {label} that its journal does not know.',
    done: NOTHING,
    next: 'Use the buttons of the newest card of {label}. If this was that card, run an audit of {label}.',
  },
  BUTTON_UNKNOWN: {
    wrong: 'This version does not know this button.',
    done: NOTHING,
    next: 'Use the buttons of a newer card, or the command.',
  },
  PERSON_UNKNOWN: {
    wrong: 'Slack does not know the person {person}.',
    done: NOTHING,
    next: 'Ask from an account of this workspace.',
  },
  PERSON_DEACTIVATED: {
    wrong: 'The account of {person} is deactivated.',
    done: NOTHING,
    next: 'Ask from an active account.',
  },
  PERSON_BOT: {
    wrong: '{person} is a bot, an app or a workflow. Only people may ask.',
    done: NOTHING,
    next: 'Let a person ask.',
  },
  PERSON_GUEST: {
    wrong: '{person} is a guest in this workspace. Only full members may ask.',
    done: NOTHING,
    next: 'Let a full member ask who is named in the config.',
  },
  PERSON_INVITED: {
    wrong: '{person} has not yet joined this workspace.',
    done: NOTHING,
    next: 'Accept the invitation to the workspace first.',
  },
  PERSON_EXTERNAL: {
    wrong: '{person} belongs to another workspace or organization.',
    done: NOTHING,
    next: 'Let a member of this workspace ask who is named in the config.',
  },
  PERSON_NOT_LISTED: {
    wrong: '{person} may not ask for this on {cloud}.',
    done: NOTHING,
    next: 'Let one of the cloud’s requesters ask, or have the config changed by those who keep it.',
  },
  APPROVER_NOT_LISTED: {
    wrong: '{person} is not among the approvers of {cloud}.',
    done: NOTHING,
    next: 'Ask one of the approvers that the config names, or have it changed by those who keep it.',
  },
  MODAL_LATE: {
    wrong: 'Slack took back the chance to show a form: it has to be there within three seconds.',
    done: NOTHING,
    next: 'Try again; the second time is quicker.',
  },
  MODAL_NOT_OPENED: {
    wrong: 'Slack did not show the form ({reason}).',
    done: NOTHING,
    next: 'Try again in a minute.',
  },
  FORM_UNKNOWN: {
    wrong: 'This version does not know this form.',
    done: NOTHING,
    next: 'Close it, and use the buttons of the newest card, or the command.',
  },
  FIELD_REASON: {
    wrong: 'A reason is needed, of at most {limit} characters.',
    done: NOTHING,
    next: 'Write why; it stands in the thread and in the journal.',
  },
  FIELD_ARCHIVE: {
    wrong: 'Exactly one archive is needed.',
    done: NOTHING,
    next: 'Choose one, or write the name of another file, not both.',
  },
  FIELD_ARCHIVE_GONE: {
    wrong: 'This archive has left the list since the form was opened.',
    done: NOTHING,
    next: 'Open the form anew, or write the archive’s name if it still lies in the backup volume.',
  },
  FIELD_ARCHIVE_NAME: {
    wrong: 'This is not the name of an archive.',
    done: NOTHING,
    next: 'Write its path in the backup volume, as in full-…/mysqlbackup-….gz.',
  },
  THREAD_DISAGREES: {
    wrong: 'The journal of {label} is not the one that this thread shows: record {seq} is missing or another.',
    done: 'Nothing was destroyed, and nothing will be begun.',
    next: 'Find out whether Redis was restored from an old copy or written by hand; run an audit of {label}.',
  },
  THREAD_UNREADABLE: {
    wrong: 'The thread of {label} could not be compared with its journal: Slack says {error}.',
    done: 'Nothing was destroyed, and nothing is begun until it can be compared.',
    next: 'Give the app the scopes of manifest.yml and keep it in the channel. It is tried again until the approval expires.',
  },
  SLACK_UNANSWERED: {
    wrong: 'Slack could not be asked ({method}: {reason}), so it is not known who may do this.',
    done: NOTHING,
    next: 'Try again in a minute. If Slack stays away, look at status.slack.com and at this network’s way out.',
  },
  SLACK_SCOPE_MISSING: {
    wrong: 'The Slack app lacks the scope {scope}, which {method} needs.',
    done: NOTHING,
    next: 'Add the scope from manifest.yml to the app and install it into the workspace again.',
  },
  SLACK_GROUPS_PLAN: {
    wrong: 'This workspace’s plan has no user groups, but the config names the group {group}.',
    done: NOTHING,
    next: 'Name the people one by one under `users` in the config.',
  },
  SLACK_GROUP_UNKNOWN: {
    wrong: 'Slack does not know the user group {group} that the config names; it may be disabled.',
    done: NOTHING,
    next: 'Correct the group’s id in the config, or enable the group.',
  },
  SLACK_TOKEN_REFUSED: {
    wrong: 'Slack refused the token in {variable} ({error}).',
    done: 'The bot did not start.',
    next: 'Set {variable} to the app’s current token: xoxb-… for SLACK_BOT_TOKEN, xapp-… with connections:write for SLACK_APP_TOKEN.',
  },
  SLACK_UNREACHABLE: {
    wrong: 'Slack could not be reached ({method}: {reason}).',
    done: 'The bot did not start. Operations under way go on on their workers.',
    next: 'Check the network’s way out, a proxy, and status.slack.com; then start the bot again.',
  },
  SLACK_LISTEN: {
    wrong: 'Nothing can listen for Slack’s requests on {listen} ({reason}).',
    done: 'The bot did not start.',
    next: 'Give it another address under `slack.listen` in the config, or end what listens there.',
  },
  SLACK_CHANNEL_UNUSABLE: {
    wrong: 'The channel {channel} of {cloud} cannot be used: {reason}.',
    done: 'Nothing was posted there.',
    next: 'Invite the bot into the channel, or name another channel in the config. What is missing in the thread follows by itself.',
  },
  SLACK_FILES_FORBIDDEN: {
    wrong: 'Slack takes no files from the bot ({error}).',
    done: 'Plans, logs and audits cannot be put into threads as files.',
    next: 'Let the workspace’s admins allow uploads of files for apps; a free plan’s storage may also be full.',
  },
  SLACK_DEAF: {
    wrong: 'The bot has had no connection to Slack for {seconds} s.',
    done: 'Commands and buttons do not reach it; operations under way go on on their workers.',
    next: 'It ends so that it is started anew. If that does not help, check the network’s way out and status.slack.com.',
  },
  BOT_STOPPING: {
    wrong: 'The bot is being stopped or restarted.',
    done: NOTHING,
    next: 'Try again in a minute.',
  },
} as const satisfies Entries;

import { type Entries, NOTHING } from './entry.ts';

/** What is asked for, and cannot be done as it was asked. */
export const commands = {
  COMMAND_UNKNOWN: {
    wrong: 'There is no command “{word}”.',
    done: NOTHING,
    next: 'Type one of: {commands}.',
  },
  COMMAND_UNREADABLE: {
    wrong: '“{text}” is not how {command} is asked for.',
    done: NOTHING,
    next: 'Type {usage}.',
  },
  COMMAND_TOO_LONG: {
    wrong: 'The command is longer than {limit} characters.',
    done: NOTHING,
    next: 'Make it shorter; the commands are: {commands}.',
  },
  CLOUD_UNKNOWN: {
    wrong: 'There is no cloud “{cloud}” in the config.',
    done: NOTHING,
    next: 'Name one of: {clouds}.',
  },
  CLOUD_NEEDED: {
    wrong: 'This channel does not stand for one cloud, so it is not clear which one is meant.',
    done: NOTHING,
    next: 'Name the cloud: {usage}, with one of: {clouds}.',
  },
  LABEL_UNKNOWN: {
    wrong: 'There is no operation {label}.',
    done: NOTHING,
    next: 'Look at the list of operations for its label.',
  },
  OPERATION_ENDED: {
    wrong: '{label} has ended already: {how}.',
    done: NOTHING,
    next: 'Its thread and its audit say what happened.',
  },
  RELEASE_NOT_NEEDED: {
    wrong: '{label} has changed nothing yet.',
    done: 'Nothing was done.',
    next: 'Cancel it: /kolla-backup cancel {label}',
  },
  RELEASE_REASON: {
    wrong: 'Giving the cloud back before {label} has ended needs a reason.',
    done: 'Nothing was done.',
    next: 'Look at the hosts first; then /kolla-backup release {label} <reason>',
  },
  RELEASE_SECOND_PERSON: {
    wrong: 'A second person must agree to release {label}; you asked for it yourself.',
    done: 'Nothing was done.',
    next: 'Let another requester of the cloud type /kolla-backup release {label}',
  },
  RELEASE_PENDING: {
    wrong:
      '{person} asked at {at} to release {label}, with the reason “{reason}”; a reason of your own does not agree with that.',
    done: 'Nothing was done; that request waits for a second person.',
    next: 'To agree with it, type /kolla-backup release {label} without a reason. To ask with your own, wait until it has expired.',
  },
  RELEASE_EXPIRED: {
    wrong: 'The request to release {label} has expired: nobody agreed in time.',
    done: 'Nothing was done.',
    next: 'Ask anew: /kolla-backup release {label} <reason>; then another requester agrees.',
  },
  CANCEL_TOO_LATE: {
    wrong: '{label} cannot be cancelled any more: its change on {host} was started.',
    done: 'The backup goes on; it runs on the host, whatever is asked here.',
    next: 'Wait for its end. It changes nothing in the databases, and reports here when it is done.',
  },
  RESTORE_BEGUN: {
    wrong: '{label} cannot be cancelled any more: what a cancellation cannot undo was started on {host}.',
    done: 'Nothing was cancelled, and nothing that runs on the hosts was stopped.',
    next: 'Follow it in its thread; its card shows what can be done when a step does not work.',
  },
  WITHDRAWN_ALREADY: {
    wrong: '{label} comes to nothing already: {how}.',
    done: 'What it prepared on the hosts is being removed.',
    next: 'Wait until it has ended. If a host cannot be reached for long, two requesters can release it (/kolla-backup release).',
  },
  RESTORE_OPEN: {
    wrong: '{label} is open on {cloud}, and one restore or discard at a time is.',
    done: 'Nothing was started.',
    next: 'Wait until {label} has ended, or cancel it: /kolla-backup cancel {label}',
  },
  NO_ARCHIVE_KNOWN: {
    wrong: 'No proven archive of {cloud} is in the journals.',
    done: NOTHING,
    next: 'Take a backup, or name the file in the backup volume: /kolla-backup restore <archive> {cloud}',
  },
  DISCARD_NOT_RESTORE: {
    wrong: '{label} is not a restore, so it has set no data aside.',
    done: NOTHING,
    next: 'Name the restore whose old data is to be removed; the list of operations has its label.',
  },
  DISCARD_NOT_ENDED: {
    wrong: '{label} has not ended yet; its old data may still be needed.',
    done: NOTHING,
    next: 'Wait until {label} has ended.',
  },
  NOTHING_KEPT: {
    wrong: '{label} keeps nothing on the nodes.',
    done: NOTHING,
    next: 'Look at its thread: it never began, was cleared, or what it kept was discarded already.',
  },
  DISCARD_REASON: {
    wrong: 'Removing the old data of {label} for good needs a reason.',
    done: NOTHING,
    next: 'Type /kolla-backup discard {label} <reason>',
  },
  CLOUD_BUSY: {
    wrong: '{label} is under way on {cloud}.',
    done: 'Nothing was started.',
    next: 'Wait until it has ended (/kolla-backup status). If it cannot end, two requesters can release it (/kolla-backup release).',
  },
} as const satisfies Entries;

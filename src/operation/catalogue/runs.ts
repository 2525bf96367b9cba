import { type Entries, NOTHING } from './entry.ts';

/** Steps under way, and what a worker cannot handle. */
export const runs = {
  RUN_DIRECTORY_FAILED: {
    wrong: '{host} could not do “{act}” in the run directory {base} ({reason}).',
    done: 'Whether it took effect is not known; asking again is safe.',
    next: 'Check python3 (3.6 or newer), free space, and owner and mode of that directory on the host.',
  },
  STEP_NEVER_BEGAN: {
    wrong: '"{step}" was sent to {host} {attempts} times and never began.',
    done: 'The program did not run, and none of what was sent will run any more.',
    next: 'Look at the load and the disk of {host}. Then take “Try this step again” on the card where it stands there, or another way out; where none is offered, ask for it anew.',
  },
  RUN_DIRECTORY_GONE: {
    wrong: 'The run directory of "{step}" is not on {host}, though its start is in the journal.',
    done: 'Nothing was sent again. Whether the program ran, or still runs, is not known here.',
    next: 'Check deploy_host and run_directory in the config, and that {host} is the machine it was. It is looked at again after ten minutes; once MariaDB was stopped you are then asked whether it ran, and offered a way back.',
  },
  ATTENTION_UNEXPECTED: {
    wrong: 'The worker met something that it does not know how to handle (reference {reference}).',
    done: 'It let go of the operation; what runs on the hosts goes on there.',
    next: "The worker's log has the reference and the details. It is tried again every half hour.",
  },
  REDACTION_BLIND: {
    wrong:
      'The passwords in {file} on {host} could not be read ({problem}), so only their usual patterns are cut out of logs.',
    done: 'The step goes on.',
    next: 'Read its log before you hand it on. A vault-encrypted file always says this.',
  },
  UNEXPECTED: {
    wrong: 'Something went wrong that this software has no word for. The log has it under {reference}.',
    done: 'Whether what was asked was done is not known.',
    next: 'Look at the status, then at the bot’s log, and report it with the reference.',
  },
  CHECK_MISMATCH: {
    wrong: 'The answer to the check {check} belongs to another one.',
    done: NOTHING,
    next: 'Report this with the log of the worker.',
  },
  STEP_FAILED: {
    wrong: 'The step "{step}" failed.',
    done: 'What it did is in its log.',
    next: 'Read the log in this thread.',
  },
  RUN_UNCLEAR: {
    wrong: 'The run of "{step}" on {host} began, and nothing tells how it ended ({reason}).',
    done: 'Its processes on that host are gone, and it was not sent again.',
    next: 'Find out what ended it on {host}. Of a backup: what it left counts for nothing, take a new one. Of a restore: two persons say whether it ran, or one takes a way back, where the card offers it.',
  },
  RUN_REFUSED: {
    wrong: '{host} did not let "{step}" start ({reason}).',
    done: 'The program did not run.',
    next: 'The host remembers more of this operation than its journal: find out whether Redis was restored from an old copy, and run an audit of the operation.',
  },
  HOST_OUT_OF_SIGHT: {
    wrong: 'A step is under way on {host}, which cannot be asked at the moment ({reason}).',
    done: 'What runs there goes on; nothing else is started for this cloud.',
    next: 'Bring the host or the network back; the operation goes on by itself then. If that cannot be, two requesters can release it (/kolla-backup release).',
  },
  NODE_FELL_SILENT: {
    wrong: '{host} has not answered for {seconds} seconds while "{step}" is under way.',
    done: 'The step was not ended. kolla-ansible can wait a quarter of an hour for a node before it fails; that is followed.',
    next: 'Bring the host or its network back. At the end of the step you are told what can be done; a host that is lost can be declared gone then.',
  },
  NODE_RESTARTED: {
    wrong: '{host} started anew while "{step}" was under way.',
    done: 'The step was not ended. kolla-ansible can wait a quarter of an hour for a MariaDB that does not come before it fails; that is followed.',
    next: 'Start nothing by hand: at the end of the step you are told what can be done.',
  },
  STEP_OVERDUE: {
    wrong: '"{step}" has been running for more than {minutes} minutes.',
    done: 'It was not ended.',
    next: 'Look at it on {host}; it is still being followed. If it hangs, end its processes there (of Ansible also ansible-playbook): then it counts as failed, and what can be done is offered.',
  },
} as const satisfies Entries;

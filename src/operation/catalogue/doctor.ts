import { type Entries, NOTHING } from './entry.ts';

/** What is wrong with a set-up, and would make an operation fail later. */
export const doctor = {
  HOST_NOT_ROOT: {
    wrong: '{host} runs what it is sent as uid {uid}, not as root: {user} is no root, and sudo is not set for it.',
    done: NOTHING,
    next: 'Log in as root, or set `sudo: true` for this host in the config and give the user the rights that `kolla-backup doctor --sudoers` prints.',
  },
  HOST_CLOCK_OFF: {
    wrong: 'The clock of {host} is {seconds} s {direction} this machine’s.',
    done: NOTHING,
    next: 'Bring both under one time service (chronyc tracking, timedatectl): names and times of archives, certificates and logs are told by these clocks.',
  },
  RUN_OUTLIVES_NOT: {
    wrong: 'On {host} a command that was detached from its login did not outlive it: {how}.',
    done: 'It was a trial; nothing of it is left.',
    next: 'Set KillUserProcesses=no in /etc/systemd/logind.conf (or let root be in KillExcludeUsers), and see that nothing else ends what a login leaves behind.',
  },
  DEPLOY_PATH_MISSING: {
    wrong: 'On the deploy host {path}, which the config names as {setting}, {why}.',
    done: NOTHING,
    next: 'Correct the path in the config, or the rights of the login.',
  },
  RUN_SPACE_SHORT: {
    wrong: 'The file system of the run directory on {host} ({path}) has {free} free; a run needs {needed}.',
    done: NOTHING,
    next: 'Make room there, or name another run_directory in the config.',
  },
} as const satisfies Entries;

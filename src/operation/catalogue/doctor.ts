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
  ANSIBLE_NOT_ROOT: {
    wrong: 'Ansible on the deploy host does not become root on {node} without being asked something: {said}',
    done: NOTHING,
    next: 'Give the user of the inventory (ansible_user) sudo without a password there, or put ansible_become_password into an encrypted file of variables that the extra arguments name.',
  },
  MARIABACKUP_NOT_ENABLED: {
    wrong: 'mariabackup is not enabled in this deployment: kolla-ansible would skip every backup and end well.',
    done: NOTHING,
    next: 'Set "enable_mariabackup: yes" in globals.yml and run "kolla-ansible reconfigure -t mariadb".',
  },
  MARIADB_NOT_KOLLAS: {
    wrong: 'This deployment has an external database (enable_mariadb is off).',
    done: NOTHING,
    next: 'Kolla neither backs up nor restores it; take this cloud out of the config.',
  },
  KOLLA_SETTINGS_UNKNOWN: {
    wrong: 'What the deployment is set to could not be learnt: {said}',
    done: NOTHING,
    next: 'Check that globals.yml and globals.d on the deploy host can be read, and the vault arguments in the config.',
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

import { posix } from 'node:path';

/** Where a program is no part of a virtual environment. */
const SYSTEM_ROOTS = ['/', '/usr', '/usr/local'];

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * What calls of kolla-ansible and Ansible need beside HOME and USER.
 * The shell script looks for ansible-playbook on PATH, so the virtual environment comes first. The rest keeps the
 * output in the form that `ansible-output.ts` reads, whatever the operator's ansible.cfg says, and keeps EXTRA_OPTS,
 * which the script would append to every call, out of it. Ansible insists on a UTF-8 locale.
 */
export function ansibleEnvironment(executable: string): Record<string, string> {
  const bin = posix.dirname(executable);
  const root = posix.dirname(bin);
  return {
    PATH: `${bin}:${SYSTEM_PATH}`,
    ...(SYSTEM_ROOTS.includes(root) ? {} : { VIRTUAL_ENV: root }),
    LC_ALL: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    EXTRA_OPTS: '',
    ANSIBLE_STDOUT_CALLBACK: 'default',
    ANSIBLE_CALLBACK_RESULT_FORMAT: 'json',
    ANSIBLE_DISPLAY_OK_HOSTS: 'true',
    ANSIBLE_DISPLAY_SKIPPED_HOSTS: 'true',
    ANSIBLE_DISPLAY_FAILED_STDERR: 'false',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_FORCE_COLOR: '0',
    ANSIBLE_NOCOWS: '1',
    // Nobody sits at a terminal there: what needs a password says so instead of waiting for one.
    ANSIBLE_ASK_PASS: 'false',
    ANSIBLE_BECOME_ASK_PASS: 'false',
    ANSIBLE_ASK_VAULT_PASS: 'false',
  };
}

import { posix } from 'node:path';
import type { Command } from '../operation/host.ts';
import { adHocCall } from './ad-hoc.ts';
import { callCommand, type Deployment, type DialectName, dialects } from './dialects.ts';
import { variableArguments } from './extra-arguments.ts';

/** What a deployment's variables come to, as kolla-ansible would have them. */

/** How long Ansible may take (ms). */
const ANSIBLE_MS = 60_000;

/**
 * A fixed program: puts the files of variables before the arguments that it was given, so that those win as they do
 * with kolla-ansible, in its order, but never the passwords.
 */
const PROGRAM = `
directory=$1 names=$2 order=$3
shift 3
program=$1
shift
given=$#
set -f
IFS='
'
set -- "$@" -e "@$directory/globals.yml"
for file in $(find "$directory/globals.d" -maxdepth 1 -type f -regex "$names" 2>/dev/null | "$order"); do
  set -- "$@" -e "@$file"
done
while [ "$given" -gt 0 ]; do
  set -- "$@" "$1"
  shift
  given=$((given - 1))
done
exec "$program" "$@"
`;

/** Asks Ansible on the deploy host for the value of `expression`, for one node (its name in the inventory). No host is reached for it. */
export function variablesCommand(
  dialect: DialectName,
  deployment: Deployment,
  node: string,
  expression: string,
): Command {
  const { executable, configDirectory, extraArguments } = deployment;
  const playbooks = posix.join(posix.dirname(posix.dirname(executable)), 'share/kolla-ansible/ansible');
  const options = [...variableArguments(extraArguments), '--playbook-dir', playbooks];
  const { argv, env } = adHocCall(deployment, [node], { name: 'debug', args: `msg=${expression}` }, options);
  const { names, order } = dialects[dialect].globals;
  return callCommand(
    { argv: ['sh', '-c', PROGRAM, 'ansible', configDirectory, names, order, ...argv], env },
    ANSIBLE_MS,
  );
}

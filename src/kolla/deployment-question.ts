import { posix } from 'node:path';
import type { Command } from '../operation/host.ts';
import { adHocCall } from './ad-hoc.ts';
import { callCommand, type Deployment, type DialectName, dialects } from './dialects.ts';
import { variableArguments } from './extra-arguments.ts';

/** What a deployment's own variables say, asked of Ansible on the deploy host. No other host is reached for it. */

/** How long Ansible may take (ms). */
const ANSIBLE_MS = 60_000;

/**
 * A fixed program: puts the files of variables before the arguments that it was given, so that those win as they do
 * with kolla-ansible, in its order, but never the passwords. The first file, where it is there, holds defaults.
 */
const PROGRAM = `
directory=$1 names=$2 order=$3 defaults=$4
shift 4
program=$1
shift
given=$#
set -f
IFS='
'
if [ -n "$defaults" ] && [ -r "$defaults" ]; then set -- "$@" -e "@$defaults"; fi
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

/**
 * Templates that Ansible fills in for one node (its name in the inventory), joined with `|`. `roleDefaults`: the
 * variables that Kolla's MariaDB role has itself count, too, behind those of the deployment.
 */
export function deploymentQuestion(
  dialect: DialectName,
  deployment: Deployment,
  node: string,
  templates: readonly string[],
  { roleDefaults }: { readonly roleDefaults: boolean } = { roleDefaults: false },
): Command {
  const { executable, configDirectory, extraArguments } = deployment;
  const playbooks = posix.join(posix.dirname(posix.dirname(executable)), 'share/kolla-ansible/ansible');
  const options = [...variableArguments(extraArguments), '--playbook-dir', playbooks];
  const { argv, env } = adHocCall(deployment, [node], { name: 'debug', args: `msg=${templates.join('|')}` }, options);
  const { names, order } = dialects[dialect].globals;
  const defaults = roleDefaults ? posix.join(playbooks, 'roles/mariadb/defaults/main.yml') : '';
  return callCommand(
    { argv: ['sh', '-c', PROGRAM, 'ansible', configDirectory, names, order, defaults, ...argv], env },
    ANSIBLE_MS,
  );
}

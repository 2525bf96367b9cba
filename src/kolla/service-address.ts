import { posix } from 'node:path';
import { z } from 'zod';
import type { Problem } from '../operation/catalogue.ts';
import type { Command, Outcome } from '../operation/host.ts';
import { parseJson } from '../operation/json.ts';
import { adHocAnswer, adHocCall, whyNot } from './ad-hoc.ts';
import { SQL_HOST, type SqlAddress } from './backup-config.ts';
import { callCommand, type Deployment, type DialectName, dialects } from './dialects.ts';
import { variableArguments } from './extra-arguments.ts';

/** Where the cloud's services reach its databases: at the VIP, unless the deployment has it otherwise. */

/** How long Ansible may take (ms). */
const ANSIBLE_MS = 60_000;

/** Kolla's own defaults of these stand in the playbooks' group_vars; the rest is for where those aren't found. */
const QUESTION = [
  "{{ kolla_internal_vip_address | default('') }}",
  '{{ database_address | default(kolla_internal_fqdn | default(kolla_internal_vip_address)) }}',
  '{{ database_port | default(3306) }}',
].join('|');

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

/** Asks Ansible on the deploy host, for one node (its name in the inventory). No host is reached for it. */
export function serviceAddressCommand(dialect: DialectName, deployment: Deployment, node: string): Command {
  const { executable, configDirectory, extraArguments } = deployment;
  const playbooks = posix.join(posix.dirname(posix.dirname(executable)), 'share/kolla-ansible/ansible');
  const options = [...variableArguments(extraArguments), '--playbook-dir', playbooks];
  const { argv, env } = adHocCall(deployment, [node], { name: 'debug', args: `msg=${QUESTION}` }, options);
  const { names, order } = dialects[dialect].globals;
  return callCommand(
    { argv: ['sh', '-c', PROGRAM, 'ansible', configDirectory, names, order, ...argv], env },
    ANSIBLE_MS,
  );
}

type ServiceAddress =
  /** `vip` is null where the deployment names none. */
  | { readonly kind: 'address'; readonly vip: string | null; readonly address: SqlAddress }
  | { readonly kind: 'problem'; readonly problem: Problem };

const host = z.string().regex(SQL_HOST);
const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .pipe(z.number().min(1).max(65_535));
const fields = z.tuple([host.or(z.literal('')), host, port]);
const answered = z.looseObject({
  msg: z
    .string()
    .transform((text) => text.split('|'))
    .pipe(fields),
});

/** Reads the answer of `serviceAddressCommand`. */
export function readServiceAddress({ stdout, stderr }: Outcome, node: string): ServiceAddress {
  const answer = adHocAnswer(stdout, node);
  const parsed = answered.safeParse(answer?.good ? parseJson(answer.body) : undefined);
  if (!parsed.success) {
    return { kind: 'problem', problem: { code: 'VIP_UNKNOWN', params: { said: whyNot(answer, stderr) } } };
  }
  const [vip, name, number] = parsed.data.msg;
  return { kind: 'address', vip: vip === '' ? null : vip, address: { host: name, port: number } };
}

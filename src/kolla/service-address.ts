import { z } from 'zod';
import type { Problem } from '../operation/catalogue.ts';
import type { Command, Outcome } from '../operation/host.ts';
import { parseJson } from '../operation/json.ts';
import type { SqlAddress } from '../operation/restore-checks.ts';
import { adHocAnswer, whyNot } from './ad-hoc.ts';
import { SQL_HOST } from './backup-config.ts';
import { deploymentQuestion } from './deployment-question.ts';
import type { Deployment, DialectName } from './dialects.ts';

/** Where the cloud's services reach its databases: at the VIP, unless the deployment has it otherwise. */

/** Kolla's own defaults of these stand in the playbooks' group_vars; the rest is for where those aren't found. */
const QUESTION = [
  "{{ kolla_internal_vip_address | default('') }}",
  '{{ database_address | default(kolla_internal_fqdn | default(kolla_internal_vip_address)) }}',
  '{{ database_port | default(3306) }}',
];

/** Asks Ansible on the deploy host, for one node (its name in the inventory). */
export function serviceAddressCommand(dialect: DialectName, deployment: Deployment, node: string): Command {
  return deploymentQuestion(dialect, deployment, node, QUESTION);
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

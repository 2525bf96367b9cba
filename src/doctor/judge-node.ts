import { notMember } from '../kolla/galera.ts';
import { type MachineId, sameMachine } from '../kolla/machine-ids.ts';
import { MARIADB } from '../kolla/names.ts';
import type { NodeRef, NodeStatus } from '../operation/shapes.ts';
import { usableDatadir } from '../runbooks/judge-survey.ts';
import type { Report } from '../runbooks/programs/reports.ts';
import { roomNeeded, roomProblem } from '../runbooks/room.ts';
import { demandNoOther, unitsOf } from '../runbooks/surveyed.ts';
import type { DeployFacts } from './ask-deploy.ts';
import type { NodeFacts } from './ask-node.ts';
import { bad, bytes, good, judged, type Seen, unknown, type Verdict, warning, worrying } from './check.ts';
import { judgeBackups } from './judge-backups.ts';
import type { Look } from './look.ts';
import { refusedNow } from './see.ts';
import type { CheckId } from './titles.ts';

/** What is found of a node. */

type Found = { readonly id: CheckId; readonly verdict: Verdict };
type Survey = Report<'survey'>;

export type NodeTerms = {
  readonly unit: string | null;
  readonly takesBackups: boolean;
  /** What must stay free beside a restore's copy. */
  readonly floorBytes: number;
  /** The node that takes the backups, and the size of its datadir; null where that isn't known. */
  readonly source: { readonly node: string; readonly bytes: number } | null;
};

export function judgeNode(facts: NodeFacts, look: Seen<Look>, deploy: DeployFacts, terms: NodeTerms): readonly Found[] {
  const { ref, survey } = facts;
  return [
    { id: 'node.machine', verdict: judgeMachine(ref.node, look, deploy) },
    { id: 'node.container', verdict: judged(survey, (found) => judgeContainer(ref, found, terms.unit)) },
    { id: 'node.datadir', verdict: judged(survey, (found) => judgeDatadir(ref.node, found)) },
    { id: 'node.copy-space', verdict: judged(survey, (found) => judgeCopySpace(ref.node, found, terms)) },
    { id: 'node.galera', verdict: judged(facts.status, judgeStatus) },
    ...(terms.takesBackups ? judgeBackups(facts) : []),
  ];
}

function judgeMachine(node: string, look: Seen<Look>, { machineIds }: DeployFacts): Verdict {
  if (!('seen' in look)) return judged(look, () => good(''));
  return judged(machineIds, (ids) => {
    const byAnsible = ids.find((one) => one.node === node);
    if (byAnsible === undefined) return unknown('Not looked at: the inventory has no such node.');
    const bySsh: MachineId = { node, id: look.seen.machineId ?? '', problem: null };
    const problem = sameMachine(bySsh, byAnsible);
    return problem === null
      ? good(`SSH and Ansible reach the same machine (${byAnsible.id}), Ansible as root and unasked.`)
      : bad(problem);
  });
}

function judgeContainer(ref: NodeRef, survey: Survey, expected: string | null): Verdict {
  const { container, servers } = survey;
  const one = { node: ref, survey };
  const refused = refusedNow(() => demandNoOther(one)) ?? refusedNow(() => void unitsOf([one], expected));
  if (refused !== null) return bad(refused);
  if (container === null)
    return warning(
      `There is no container ${MARIADB} on ${ref.node}.`,
      'Deploy it (kolla-ansible deploy -t mariadb), unless it was lost in the incident that you are in: a restore then takes the image of the other nodes.',
    );
  const [suspicion] = unitsOf([one], expected);
  if (suspicion !== undefined) return worrying(suspicion);
  if (container.state !== 'running')
    return warning(
      `The container ${MARIADB} on ${ref.node} is ${container.state}.`,
      'Start MariaDB there (kolla-ansible mariadb_recovery where the whole cluster is down).',
    );
  const by = expected === null ? 'kept by the engine' : `kept by ${expected}`;
  return good(`${container.image}, running, ${by}; ${servers.length} mariadbd.`);
}

function judgeDatadir(host: string, survey: Survey): Verdict {
  const usable = usableDatadir(host, survey);
  if ('problem' in usable) return bad(usable.problem);
  const { datadir, base } = usable;
  const backups = survey.backupVolumePath === null ? 'no backup volume yet' : `backups in ${survey.backupVolumePath}`;
  return good(`${datadir.path} (${bytes(datadir.bytes)}), exchangeable with a copy in ${base}; ${backups}.`);
}

/** As a restore's preflight judges it, of a full that is as large as the databases are today. */
function judgeCopySpace(host: string, survey: Survey, { floorBytes, source }: NodeTerms): Verdict {
  const usable = usableDatadir(host, survey);
  if ('problem' in usable) return unknown('Not looked at: the datadir is not as it must be.');
  const { datadir, freeBytes } = usable;
  const here = { node: host, live: datadir.path, bytes: datadir.bytes, freeBytes };
  const room = { archive: source ?? here, chain: [], surveys: [here] };
  const problem = roomProblem(room, floorBytes);
  if (problem !== null) return bad(problem);
  return good(
    `${bytes(freeBytes)} free; restoring a full of today’s size takes ${bytes(roomNeeded(room, host))}, and ${bytes(floorBytes)} stay free.`,
  );
}

function judgeStatus(status: NodeStatus): Verdict {
  if (!status.answered) return bad(status.problem);
  const state = notMember(status.status);
  if (state === null) return good(`Primary and Synced, one of ${status.status['wsrep_cluster_size']}.`);
  return warning(
    `${status.node} is no full member of the cluster: ${state}.`,
    'Bring it back into the cluster, or recover the cluster; backups need the backup host as a full member.',
  );
}

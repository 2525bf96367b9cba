import { clusterOf, demandNoOther, otherImage, unitsOf } from '../engine/probe-restore.ts';
import { BACKUP_CONFIG, lockPlace } from '../kolla/backup-config.ts';
import { notMember, wholeCluster } from '../kolla/galera.ts';
import { type MachineId, sameMachine } from '../kolla/machine-ids.ts';
import { BACKUP_VOLUME, DATADIR_VOLUME, MARIADB } from '../kolla/names.ts';
import type { Settings } from '../kolla/settings.ts';
import type { NodeRef, NodeStatus } from '../operation/shapes.ts';
import { judge } from '../runbooks/judge.ts';
import { oneImage, usableDatadir } from '../runbooks/judge-survey.ts';
import type { Report } from '../runbooks/programs/reports.ts';
import type { DeployFacts } from './ask-deploy.ts';
import type { NodeFacts } from './ask-node.ts';
import { bad, bytes, good, judged, type Seen, unknown, type Verdict, warning, worrying } from './check.ts';
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
};

export function judgeNode(facts: NodeFacts, look: Seen<Look>, deploy: DeployFacts, terms: NodeTerms): readonly Found[] {
  const { ref, survey } = facts;
  return [
    { id: 'node.machine', verdict: judgeMachine(ref.node, look, deploy) },
    { id: 'node.container', verdict: judged(survey, (found) => judgeContainer(ref, found, terms.unit)) },
    { id: 'node.datadir', verdict: judged(survey, (found) => judgeDatadir(ref.node, found)) },
    { id: 'node.copy-space', verdict: judged(survey, (found) => judgeCopySpace(ref.node, found, terms.floorBytes)) },
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

function judgeCopySpace(host: string, survey: Survey, floorBytes: number): Verdict {
  const usable = usableDatadir(host, survey);
  if ('problem' in usable) return unknown('Not looked at: the datadir is not as it must be.');
  const { datadir, freeBytes } = usable;
  const needed = datadir.bytes + floorBytes;
  const room = `${bytes(freeBytes)} free, a copy of today’s size needs ${bytes(needed)}`;
  return freeBytes >= needed
    ? good(`${room} (${bytes(floorBytes)} of it stay free).`)
    : bad({ code: 'RESTORE_NO_ROOM', params: { detail: `${host}: ${room}` } });
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

function judgeBackups({ ref, room, lock }: NodeFacts): readonly Found[] {
  const roomCheck = {
    check: 'room-for-archive',
    node: ref,
    volume: BACKUP_VOLUME,
    datadirVolume: DATADIR_VOLUME,
  } as const;
  const lockCheck = { check: 'lock-on-this-node', node: ref, container: MARIADB, config: BACKUP_CONFIG } as const;
  return [
    {
      id: 'node.archive-space',
      verdict: judged(room, (answer) => {
        const problem = judge(roomCheck, { check: 'room-for-archive', answer });
        return problem === null ? good(`${bytes(answer.freeBytes)} free for the next archive.`) : bad(problem);
      }),
    },
    {
      id: 'node.backup-lock',
      verdict: judged(lock, (answer) => {
        const problem = judge(lockCheck, { check: 'lock-on-this-node', answer });
        if (problem !== null) return bad(problem);
        switch (lockPlace(answer)) {
          case 'own':
            return good('mariabackup sets its lock on this very node.');
          case 'here':
            return good(
              `mariabackup connects to ${answer.host}, where this node answers now; it is looked at before each backup.`,
            );
          default:
            return unknown(
              `Where mariabackup would set its lock could not be learnt (${answer.host ?? `${BACKUP_CONFIG} names no address`}).`,
            );
        }
      }),
    },
  ];
}

/** The image that all containers have: a restore starts its copy in it, and recovery is told to use it. */
export function judgeImages(cloud: string, nodes: readonly NodeFacts[], settings: Seen<Settings>): Verdict {
  const seen = surveyed(nodes);
  if (seen.length < nodes.length) return unknown('Not looked at: a node could not be surveyed.');
  const image = oneImage(
    cloud,
    seen.map(({ survey }) => survey),
  );
  if ('problem' in image) return bad(image.problem);
  const [other] = otherImage('seen' in settings ? settings.seen : null, seen);
  return other === undefined ? good(`All nodes have ${image.name}.`) : worrying(other);
}

const surveyed = (nodes: readonly NodeFacts[]) =>
  nodes.flatMap(({ ref, survey }) => ('seen' in survey ? [{ node: ref, survey: survey.seen }] : []));

/** Of all nodes together: one cluster, of all of them and of no others. */
export function judgeCluster(nodes: readonly NodeFacts[]): Verdict {
  const answers = nodes.flatMap(({ status }) => ('seen' in status ? [status.seen] : []));
  if (answers.length < nodes.length) return unknown('Not looked at: a node could not be asked.');
  const refused = refusedNow(() => void clusterOf(answers, surveyed(nodes)));
  if (refused !== null) return bad(refused);
  const why = wholeCluster(answers.map((one) => ({ node: one.node, status: one.answered ? one.status : null })));
  return why === null
    ? good('All nodes are Primary and Synced, in one cluster.')
    : warning(
        `It is not whole: ${why}.`,
        'Bring the node back; a restore is possible all the same, a backup only where the backup host is a full member.',
      );
}

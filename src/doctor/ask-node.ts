import type { CloudHosts } from '../engine/hosts.ts';
import { galeraStatus, lockOf, roomForArchive } from '../engine/node-questions.ts';
import { surveyNode } from '../engine/survey.ts';
import { BACKUP_CONFIG, type LockAnswer } from '../kolla/backup-config.ts';
import { BACKUP_VOLUME, DATADIR_VOLUME, MARIADB } from '../kolla/names.ts';
import type { AnswerTo } from '../operation/checks.ts';
import type { NodeRef, NodeStatus } from '../operation/shapes.ts';
import type { Report } from '../runbooks/programs/reports.ts';
import type { Seen } from './check.ts';
import type { Look } from './look.ts';
import { inTime, seeAfter } from './see.ts';

/** What the containers, the volumes and MariaDB on a node tell. */
export type NodeFacts = {
  readonly ref: NodeRef;
  readonly survey: Seen<Report<'survey'>>;
  readonly status: Seen<NodeStatus>;
  readonly room: Seen<AnswerTo<'room-for-archive'>>;
  readonly lock: Seen<LockAnswer>;
};

const RIGHTS = 'the node can’t be asked';

/** Asks a node whose rights were looked at; room and lock of a backup only where it is the backup host. */
export async function askNode(
  hosts: CloudHosts,
  ref: NodeRef,
  unit: string | null,
  backupHost: Promise<string | null>,
  look: Seen<Look>,
): Promise<NodeFacts> {
  const notHere = { blocked: 'another node takes the backups' } as const;
  const ask = <T>(question: () => Promise<T>) => seeAfter(look, RIGHTS, () => inTime(ref.node, question));
  const here = async <T>(question: () => Promise<T>) => ((await backupHost) === ref.node ? ask(question) : notHere);
  const [survey, status, room, lock] = await Promise.all([
    ask(() => surveyNode(hosts, ref, unit)),
    ask(() => galeraStatus(hosts, ref, MARIADB)),
    here(() => roomForArchive(hosts, ref, BACKUP_VOLUME, DATADIR_VOLUME)),
    here(() => lockOf(hosts, ref, MARIADB, BACKUP_CONFIG)),
  ]);
  return { ref, survey, status, room, lock };
}

import { BACKUP_VOLUME, DATADIR_VOLUME, GALERA_CONFIG, MARIADB, MARIADB_UNIT } from '../kolla/names.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { programQuestion } from '../runbooks/programs/program.ts';
import { type Report, readReport } from '../runbooks/programs/reports.ts';
import type { CloudHosts } from './hosts.ts';

/** How long the survey of a node may take: it counts what its datadir takes (ms). */
const SURVEY_MS = 600_000;

/** Looks at one node. Rejects with the problem of the program or of the host. */
export async function surveyNode(hosts: CloudHosts, node: NodeRef, unit: string | null): Promise<Report<'survey'>> {
  const request = {
    engine: node.engine,
    container: MARIADB,
    volume: DATADIR_VOLUME,
    backupVolume: BACKUP_VOLUME,
    unit: unit ?? MARIADB_UNIT,
    config: GALERA_CONFIG,
  };
  const read = readReport(
    'survey',
    node.node,
    await hosts.node(node.node).run(programQuestion('survey', request, SURVEY_MS)),
  );
  if ('report' in read) return read.report;
  throw new KollaBackupError(read.problem.code, read.problem.params);
}

import type { Problem } from '../operation/catalogue.ts';
import type { Journal } from '../operation/journal.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { holdRequest } from '../runbooks/holds.ts';
import { programQuestion } from '../runbooks/programs/program.ts';
import { readReport } from '../runbooks/programs/reports.ts';
import { type Proven, provenBy } from '../runbooks/proven.ts';
import type { Drive } from './drive.ts';

/** How long a node may take to say whether MariaDB is down: without a unit it must have been quiet for a while (ms). */
const LOOK_MS = 200_000;
/** How many of a cloud's newest operations are looked through for a full backup. */
const FULLS_LOOKED = 100;

/** Why MariaDB isn't down on a node; null where every sign says that it is. */
export async function lookDown(
  drive: Drive,
  node: NodeRef,
  container: string,
  unit: string | null,
): Promise<string | null> {
  const live = drive.operation().facts?.restore?.surveys.find((one) => one.node === node.node)?.live ?? '/';
  const request = holdRequest({ act: 'look', engine: node.engine, container, unit, live });
  const outcome = await drive.hosts.node(node.node).run(programQuestion('hold', request, LOOK_MS));
  const read = readReport('hold', node.node, outcome);
  if (!('report' in read)) return read.problem.params['detail']?.slice(0, 280) ?? read.problem.code;
  if (read.report.state === 'down') return null;
  return read.report.state === 'up' ? read.report.why.slice(0, 280) : `it said ${read.report.state}`;
}

/**
 * The label of a full backup that was proven after that moment (ms), and of which `lies` says that its archive is still
 * there; null where there is none.
 */
export async function newerFull(
  journal: Pick<Journal, 'read' | 'recent'>,
  cloud: string,
  after: number,
  lies: (archive: Proven) => Promise<boolean>,
): Promise<string | null> {
  for (const { id } of await journal.recent(FULLS_LOOKED, cloud)) {
    const read = await journal.read(id);
    if (read.state !== 'sound') continue;
    const { wish, end, requestedAt, label } = read.operation;
    if (wish.kind !== 'backup' || wish.type !== 'full' || end?.how !== 'succeeded' || requestedAt <= after) continue;
    const archive = provenBy(read.operation);
    if (archive !== null && (await lies(archive))) return label;
  }
  return null;
}

/**
 * Compares what a host's run directories remember with the journals: a Redis that has forgotten something must not
 * decide. What an ended operation left open there is ended meanwhile.
 */
export async function rememberedMore(drive: Drive, host: string): Promise<Problem | null> {
  const runs = drive.hosts.runs(host);
  for (const { operation: id, highest, plans } of await runs.heads()) {
    const read = await drive.journal.read(id);
    if (read.state !== 'sound')
      return { code: 'HOST_REMEMBERS_MORE', params: { host, operation: id, found: read.state } };
    const record = highest === null ? undefined : read.records[highest.seq - 1];
    // Two persons who released it have looked at what is on the hosts, whatever its journal has forgotten.
    const released = id !== drive.operation().id && read.operation.end?.how === 'released';
    if (highest !== null && record?.hash !== highest.hash && !released)
      return {
        code: 'HOST_REMEMBERS_MORE',
        params: { host, operation: read.operation.label, found: `no record ${highest.seq} as it was then` },
      };
    const open = read.operation.end === null ? [] : plans.filter(({ over }) => !over);
    for (const { plan } of open) await runs.close({ operation: id, plan }, { evenIfRunning: true });
  }
  return null;
}

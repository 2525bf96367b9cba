import { hostOf } from '../kolla/findings.ts';
import { DATADIR_VOLUME, MARIADB_UNIT } from '../kolla/names.ts';
import type { Settings } from '../kolla/settings.ts';
import { type Problem, refuse } from '../operation/catalogue.ts';
import type { NodeSurvey } from '../operation/facts.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { usableDatadir } from './judge-survey.ts';
import type { Report } from './programs/reports.ts';

/** What the surveys of a cloud's nodes mean for a restore: what is refused, what is suspicious, what planning needs. */

type Survey = Report<'survey'>;
/** A node, and what its survey reported. */
export type Surveyed = { readonly node: NodeRef; readonly survey: Survey };

/** A server outside the container would keep every datadir of its node from being touched once all is stopped. */
export function demandNoOther({ node: { node }, survey: { foreign } }: Surveyed): void {
  if (foreign.length > 0) refuse('SERVER_NOT_OURS', { host: node, pids: foreign.join(', ') });
}

/**
 * Two names of one machine: its datadir would be exchanged twice. An id alone says little, machines that were made from
 * one image share it; an address that is wrong in the config shows in nothing else then.
 */
export function demandDistinct(found: readonly Surveyed[]): void {
  const seen = new Map<string, string>();
  for (const { node, survey } of found) {
    const { machineId, hostname, datadir } = survey;
    const is = JSON.stringify([machineId, hostname, datadir?.path, datadir?.dev, datadir?.ino]);
    const first = seen.get(is);
    if (first !== undefined) refuse('NODES_ARE_ONE', { host: node.node, other: first, hostname });
    seen.set(is, node.node);
  }
}

const USUAL = new RegExp(`/volumes/${DATADIR_VOLUME}/_data$`);

/** Without its container a node's datadir is taken to be the usual volume: wrong where a deployment has it elsewhere. */
export function seeDatadirsKnown(found: readonly Surveyed[]): void {
  const other = found.find(({ survey: { container, datadir } }) => container && datadir && !USUAL.test(datadir.path));
  const lost = found.find(({ survey }) => survey.container === null);
  if (other === undefined || lost === undefined) return;
  const params = { host: lost.node.node, other: other.node.node, datadir: other.survey.datadir?.path ?? '' };
  refuse('DATADIR_UNCERTAIN', params);
}

/** Without its unit a node is held by its container alone; a unit that the config denies would start it again. */
export function unitsOf(found: readonly Surveyed[], unit: string | null): readonly Problem[] {
  const loaded = found.filter(({ survey }) => survey.unit.present).map(({ node }) => node.node);
  const [denied] = unit === null ? loaded : [];
  if (denied !== undefined) return refuse('UNIT_NOT_IN_CONFIG', { host: denied, unit: MARIADB_UNIT });
  const lacking = found.flatMap(({ node: { node } }) => (loaded.includes(node) ? [] : [node]));
  return unit === null || lacking.length === 0
    ? []
    : [{ code: 'UNIT_NOT_LOADED', params: { unit, hosts: lacking.join(', ') } }];
}

/** The deployment would run another image than the nodes do: recovery is given theirs, but writes its own configuration. */
export function otherImage(settings: Settings | null, found: readonly Surveyed[]): readonly Problem[] {
  const running = found.flatMap(({ survey }) => survey.container?.image ?? [])[0];
  const configured = settings?.image ?? null;
  return running === undefined || configured === null || configured === running
    ? []
    : [{ code: 'DEPLOYMENT_OTHER_IMAGE', params: { running, configured } }];
}

/** A node as planning needs it, with the image that was chosen. Throws DATADIR_… and FORCE_RECOVERY_SET. */
export function nodeSurvey(
  { node }: NodeRef,
  survey: Survey,
  image: { readonly name: string; readonly ids: ReadonlyMap<string, string> },
  machineId: string,
  unit: string | null,
): NodeSurvey {
  const usable = usableDatadir(node, survey);
  if ('problem' in usable) return refuse(usable.problem.code, usable.problem.params);
  const { datadir, base, freeBytes } = usable;
  const galeraAddress = hostOf(survey.config?.galeraAddress ?? '');
  return {
    node,
    machineId,
    live: datadir.path,
    old: [datadir.dev, datadir.ino],
    uid: datadir.uid,
    gid: datadir.gid,
    mode: datadir.mode,
    bytes: datadir.bytes,
    freeBytes,
    base,
    ...(galeraAddress === '' ? {} : { galeraAddress }),
    lastWriteAt: survey.newestBinlog,
    imageId: image.ids.get(node) ?? '',
    image: image.name,
    unit,
  };
}

import { imageCommand } from '../kolla/containers.ts';
import { type Image, imagesCommand, imageVersionCommand, readImageVersion, serverImages } from '../kolla/images.ts';
import { quoteHost } from '../kolla/quoted.ts';
import { type Problem, refuse } from '../operation/catalogue.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { oneImage } from '../runbooks/judge-survey.ts';
import type { Surveyed } from '../runbooks/surveyed.ts';
import { type CloudHosts, patiently } from './hosts.ts';

/** With which image a restore unpacks, prepares, tries and recovers. */

/** The image that is used, and what is odd about it. */
export type ChosenImage = {
  /** The name that recovery is given, and its id on each node. */
  readonly name: string;
  readonly ids: ReadonlyMap<string, string>;
  /** MariaDB's series in it; null where that couldn't be told. */
  readonly series: string | null;
  readonly suspicions: readonly Problem[];
};

/**
 * The image of the containers, running or exited; a node that lost its container has it all the same, or the restore is
 * refused. An archive that another major version took needs its own image: where every node has one, it is that.
 */
export async function chooseImage(
  cloud: string,
  found: readonly Surveyed[],
  archive: { readonly node: string; readonly path: string; readonly series: string | null },
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<ChosenImage> {
  const running = oneImage(
    cloud,
    found.map(({ survey }) => survey),
  );
  if ('problem' in running) return refuse(running.problem.code, running.problem.params);
  const ids = await idsOf(running.name, found, hosts, signal);
  const backupHost = found.find(({ node }) => node.node === archive.node)?.node;
  const id = ids.get(archive.node);
  if (backupHost === undefined || id === undefined) throw new TypeError('the archive is on no node');
  const ask = (image: string) =>
    patiently(signal, () => hosts.node(archive.node).run(imageVersionCommand(backupHost, image)));
  const holds = readImageVersion(await ask(id));
  const series = holds?.series ?? null;
  if (series === null || archive.series === null || archive.series === series)
    return { name: running.name, ids, series, suspicions: [] };

  const listed = await patiently(signal, () => hosts.node(archive.node).run(imagesCommand(backupHost)));
  for (const image of serverImages(listed, id)) {
    if (readImageVersion(await ask(image.id))?.series !== archive.series) continue;
    const everywhere = await whereThere(image, found, hosts, signal);
    if (everywhere === null) continue;
    const params = { archive: archive.series, running: series, image: image.name };
    return {
      name: image.name,
      ids: everywhere,
      series: archive.series,
      suspicions: [{ code: 'OLD_IMAGE_USED', params }],
    };
  }
  return refuse('ARCHIVE_OTHER_SERIES', {
    ...{ path: archive.path, host: archive.node },
    ...{ archive: archive.series, image: series },
  });
}

/**
 * The image of each container; of a node without one that which has the name there. Recovery makes containers by the name:
 * where that was pulled anew since, they would run what no trial has seen.
 */
async function idsOf(
  image: string,
  found: readonly Surveyed[],
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const entries = found.map(async ({ node, survey }) => {
    const params = { host: node.node, image: quoteHost(image) };
    const named = (await idOn(node, image, hosts, signal)) ?? refuse('IMAGE_NOT_THERE', params);
    const id = survey.container === null ? named : await idOn(node, survey.container.imageId, hosts, signal);
    return [node.node, id === named ? id : refuse('IMAGE_NAME_MOVED', params)] as const;
  });
  return new Map(await Promise.all(entries));
}

async function whereThere(
  { name }: Image,
  found: readonly Surveyed[],
  hosts: CloudHosts,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | null> {
  const entries = await Promise.all(
    found.map(async ({ node }) => [node.node, await idOn(node, name, hosts, signal)] as const),
  );
  const there = entries.flatMap(([node, id]) => (id === null ? [] : [[node, id] as const]));
  return there.length === found.length ? new Map(there) : null;
}

async function idOn(node: NodeRef, image: string, hosts: CloudHosts, signal: AbortSignal): Promise<string | null> {
  const told = await patiently(signal, () => hosts.node(node.node).run(imageCommand(node, image)));
  const id = told.stdout.trim();
  return told.code === 0 && /^(?:sha256:)?[0-9a-f]{12,64}$/.test(id) ? id : null;
}

import type { Problem } from '../operation/catalogue.ts';
import type { Report } from './programs/reports.ts';

/** What the survey of a node means for a restore. */

type Survey = Report<'survey'>;
type Usable = {
  readonly datadir: NonNullable<Survey['datadir']>;
  readonly base: string;
  readonly freeBytes: number;
};

/** The datadir of a node, where it can be exchanged for a copy beside it; otherwise why not. */
export function usableDatadir(host: string, survey: Survey): Usable | { readonly problem: Problem } {
  const { datadir, base, baseTrouble, freeBytes, config } = survey;
  if (datadir === null || base === null || freeBytes === null)
    return { problem: { code: 'DATADIR_MISSING', params: { host } } };
  if (baseTrouble !== null || datadir.mountPoint) {
    const detail = baseTrouble ?? `${datadir.path} is a mount point`;
    return { problem: { code: 'DATADIR_NOT_EXCHANGEABLE', params: { host, detail } } };
  }
  const force = config?.forceRecovery ?? null;
  if (force !== null && force !== '0')
    return { problem: { code: 'FORCE_RECOVERY_SET', params: { host, value: force } } };
  return { datadir, base, freeBytes };
}

/** The image of the containers, running or exited; a node that lost its container has to have it all the same. */
export function oneImage(
  cloud: string,
  surveys: readonly Survey[],
): { readonly name: string } | { readonly problem: Problem } {
  const containers = surveys.flatMap(({ container }) => container ?? []);
  const [first] = containers;
  if (first === undefined) return { problem: { code: 'IMAGE_UNKNOWN', params: { cloud } } };
  const images = [...new Set(containers.map(({ image }) => image))];
  if (images.length > 1) return { problem: { code: 'IMAGES_DIFFER', params: { cloud, images: images.join(', ') } } };
  return { name: first.image };
}

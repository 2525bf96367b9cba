import { archivePath } from '../operation/events.ts';
import type { Operation } from '../operation/operation.ts';
import { archiveOf } from './cards/progress.ts';
import type { Office } from './office.ts';
import { newest } from './request.ts';

/** How many archives are offered; Slack's menus take 100. */
export const ARCHIVES_MAX = 40;
/**
 * How many of a cloud's newest operations are looked through for them: a form must be there within 3 s. An older archive
 * is named by hand; what its backup proved of it is known all the same when the restore is planned.
 */
const LOOK = 120;

/** An archive that one of our backups made and proved complete. */
export type KnownArchive = {
  /** The backup's operation, and its label. */
  readonly id: string;
  readonly label: string;
  /** Relative to the backup volume of `node`. */
  readonly path: string;
  readonly node: string;
  readonly bytes: number;
  readonly sha256: string | null;
  /** When it was proved (ms since the epoch). */
  readonly at: number;
};

/** The newest proven archives of a cloud, newest first. */
export async function knownArchives(office: Pick<Office, 'journal'>, cloud: string): Promise<readonly KnownArchive[]> {
  const operations = await newest(office, cloud, LOOK);
  return operations.flatMap(({ operation }) => (operation ? archiveFrom(operation) : [])).slice(0, ARCHIVES_MAX);
}

function archiveFrom(operation: Operation): readonly KnownArchive[] {
  const proof = archiveOf(operation);
  if (operation.end?.how !== 'succeeded' || operation.wish.kind !== 'backup' || proof === null) return [];
  const directory = volumeOf(operation);
  const path = directory === null ? null : archivePath.safeParse(proof.path.slice(directory.length + 1));
  if (directory === null || !proof.path.startsWith(`${directory}/`) || !path?.success) return [];
  const { id, label, end } = operation;
  const { host: node, bytes, sha256 } = proof;
  return [{ id, label, path: path.data, node, bytes, sha256, at: end.at }];
}

/** Where the volume lies in which the archive was found. */
function volumeOf({ attempts }: Operation): string | null {
  const found = [...attempts.values()].flatMap((sent) => sent.at(-1)?.end?.after ?? []);
  return found.find((one) => one.check === 'new-archive')?.answer.directory ?? null;
}

import { parseArchiveName } from '../kolla/archives.ts';
import type { Problem } from '../operation/catalogue.ts';
import type { CloudPast } from './proven.ts';

/** Whether the archives of a restore had their lock on the node whose files they hold, by their names and our journals. */
export function lockSuspicions(
  archive: string,
  chain: readonly { readonly path: string }[],
  { proven }: Pick<CloudPast, 'proven'>,
): readonly Problem[] {
  const paths = chain.length === 0 ? [archive] : chain.map(({ path }) => path);
  return paths.flatMap((path): readonly Problem[] => {
    if (byReplicaScript(path)) return [{ code: 'ARCHIVE_LOCKED_ELSEWHERE', params: { path } }];
    const known = proven.find((one) => one.path === path);
    return known?.lockSeen === false ? [{ code: 'ARCHIVE_LOCK_UNSEEN', params: { path } }] : [];
  });
}

/** Its layouts name the script; on a cloud of one node it had no other to lock. */
function byReplicaScript(path: string): boolean {
  const name = parseArchiveName(path);
  return (name.kind === 'full' || name.kind === 'incremental') && name.layout.endsWith('-replica');
}

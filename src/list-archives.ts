import type { Config } from './config.ts';
import type { CloudHosts } from './engine/hosts.ts';
import { lookInto } from './engine/looking.ts';
import { readArchive } from './engine/read-archive.ts';
import { explain, KollaBackupError, type Problem } from './operation/catalogue.ts';
import type { Sighting } from './operation/ports.ts';
import { SETTLED_MS, toRead, withRead } from './runbooks/archives-read.ts';
import { type ArchiveSeen, archivesSeen } from './runbooks/archives-seen.ts';

/**
 * The catalogue without Redis and without Slack: every archive is read on its node, and says itself whether it is whole
 * and which chain it belongs to. For the night in which only the volumes are left.
 */

const MINUTE_MS = 60_000;

/** What the journals would know, and archives don't. */
const CAVEAT =
  'Read from the archives alone. Not known here: a restore between two of them. A chain with one inside looks whole and is not;\nif the databases were restored since the full, use the full.\n';

/** A cloud's archives in text; exit code 1 where one is of no use or a node could not be looked at. `tell` gets progress. */
export async function archivesCommand(
  config: Config,
  hostsOf: (cloud: string) => CloudHosts | null,
  cloud: string,
  tell: (line: string) => void,
): Promise<{ readonly text: string; readonly exit: 0 | 1 }> {
  const hosts = hostsOf(cloud);
  let seen = await lookInto({ config, hostsOf }, cloud);
  const known = config.clouds[cloud];
  if (seen === null || hosts === null || known === undefined)
    throw new KollaBackupError('USAGE', { usage: `archives CLOUD (${Object.keys(config.clouds).join(', ')})` });
  const unread = new Map<string, Problem>();
  for (const { node, file } of toRead(seen, [])) {
    const engine = known.nodes[node]?.engine;
    if (engine === undefined) continue;
    tell(`reading ${file.path} on ${node}\n`);
    const told = await readArchive(hosts, { node, engine }, file, config.limits.proof_minutes * MINUTE_MS);
    if (told.problem !== null) {
      unread.set(keyOf({ node, path: file.path }), told.problem);
      continue;
    }
    const nodes: Sighting['nodes'] = [{ node, problem: null, files: [{ ...file, read: told.read }] }];
    seen = withRead(seen, { at: seen.at, nodes });
  }
  const archives = archivesSeen(seen, { proven: [], restores: [] });
  const shaOf = ({ node, path }: ArchiveSeen) => {
    const file = seen?.nodes.find((one) => one.node === node)?.files.find((one) => one.path === path);
    return file?.read?.kind === 'whole' ? file.read.sha256 : null;
  };
  const silent = seen.nodes.flatMap(({ node, problem }) =>
    problem === null ? [] : [`${node} could not be looked at: ${problem.code}\n`],
  );
  const cut = seen.nodes.flatMap(({ node, omitted = 0 }) =>
    omitted > 0
      ? [`${node} has more files than can be listed (${omitted} left out): archives may be among those\n`]
      : [],
  );
  const rows = archives.map((one) => row(one, shaOf(one), unread.get(keyOf(one)) ?? null));
  const text = [...(rows.length === 0 ? ['No archive was seen.\n'] : rows), ...cut, ...silent, `\n${CAVEAT}`].join('');
  const sound =
    silent.length === 0 && cut.length === 0 && archives.every(({ standing }) => standing.kind === 'restorable');
  return { text, exit: sound ? 0 : 1 };
}

const keyOf = ({ node, path }: Pick<ArchiveSeen, 'node' | 'path'>) => JSON.stringify([node, path]);

/** `unread`: why it could not be read; null where it was, or where nobody tried. */
function row(archive: ArchiveSeen, sha256: string | null, unread: Problem | null): string {
  const { node, path, type, bytes, at, serverVersion, standing } = archive;
  const when = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  const facts = [
    type,
    `${bytes} bytes`,
    `${when} UTC`,
    ...(serverVersion === null ? [] : [`MariaDB ${serverVersion}`]),
  ];
  const more = sha256 === null ? '' : `    sha256 ${sha256}\n`;
  return `${words(archive, unread)}\n    ${node}:${path}\n    ${facts.join(' · ')}\n${more}${needs(standing)}`;
}

const needs = (standing: ArchiveSeen['standing']) =>
  standing.kind === 'restorable' && standing.needs.length > 0 ? `    after: ${standing.needs.join(', then ')}\n` : '';

function words({ standing }: ArchiveSeen, unread: Problem | null): string {
  switch (standing.kind) {
    case 'restorable':
      return 'restorable';
    case 'no_chain':
      return standing.why === 'unread'
        ? 'NOT RESTORABLE as far as could be read: an archive of its chain is missing, or is one that was not read'
        : 'NOT RESTORABLE: an archive of its chain is missing on that node';
    case 'unusable':
      return `NOT RESTORABLE: ${standing.code}`;
    case 'changed':
    case 'unread':
      return unread === null
        ? `not read: written to in the last ${SETTLED_MS / MINUTE_MS} minutes, so perhaps not complete yet; ask again later`
        : `not read: ${unread.code}: ${explain(unread).wrong}`;
  }
}

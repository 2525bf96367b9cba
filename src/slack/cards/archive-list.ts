import type { KnownBlock, RichTextElement } from '@slack/types';
import type { Sighting } from '../../operation/ports.ts';
import type { ArchiveSeen, Standing } from '../../runbooks/archives-seen.ts';
import { ago, clean, moment, size } from '../text.ts';
import { code, faint, lines, onHost, person, say, strong } from './parts.ts';

/** How many archives are shown, and how many labels of a chain. */
const SHOWN = 12;
const LABELS = 3;
const PATH_MAX = 100;

type Line = readonly RichTextElement[];

/** What lies in the backup volumes, newest first, each with whether and with what it can be restored. */
export function archivesBlock(sighting: Sighting | null, seen: readonly ArchiveSeen[], now: number): KnownBlock {
  if (sighting === null)
    return lines([strong('Archives '), say('were not looked at yet; a worker does so every hour.')]);
  const cut = sighting.nodes.flatMap(({ node, omitted = 0 }) => (omitted > 0 ? [{ node, omitted }] : []));
  const silent = sighting.nodes.filter(({ problem }) => problem !== null);
  return lines(
    [strong('Archives'), say(`, as they lay there ${ago(sighting.at, now)}`)],
    ...(seen.length === 0 ? [[say('None was seen.')]] : []),
    ...seen.slice(0, SHOWN).map((one) => row(one, now)),
    ...(seen.length > SHOWN ? [[faint(`… and ${seen.length - SHOWN} older`)]] : []),
    ...cut
      .slice(0, LABELS)
      .map(({ node, omitted }) => [
        onHost(node),
        say(
          ` has more files than can be listed (${omitted} left out): archives and links of chains may be among those`,
        ),
      ]),
    ...silent
      .slice(0, LABELS)
      .map(({ node, problem }) => [
        onHost(node),
        say(' could not be looked at: '),
        code(clean(problem?.code ?? '', 60)),
      ]),
  );
}

function row({ node, path, type, bytes, at, proven, serverVersion, standing }: ArchiveSeen, now: number): Line {
  const [mark, words] = standingWords(standing);
  return [
    say(`${mark} `),
    strong(proven === null ? 'not ours' : proven.label),
    say(` · ${type} · ${moment(at).slice(0, 16)} (${ago(at, now)}) · `),
    say(`${size(bytes)} · `),
    onHost(node),
    ...(serverVersion === null ? [] : [say(` · MariaDB ${clean(serverVersion.split('-')[0] ?? '', 20)}`)]),
    ...(proven === null ? [] : [say(' · '), person(proven.by)]),
    say(` · ${words} · `),
    code(clean(path.split('/').at(-1) ?? path, PATH_MAX)),
  ];
}

const UNUSABLE: Readonly<Record<string, string>> = {
  ARCHIVE_EMPTY: 'empty: not restorable',
  ARCHIVE_CUT: 'partial, cut off: not restorable',
  ARCHIVE_UNFINISHED: 'partial, mariabackup died: not restorable',
  ARCHIVE_DAMAGED: 'damaged: not restorable',
  ARCHIVE_OTHER_HISTORY: 'upon a base of another history: not restorable',
};

const NO_CHAIN = {
  gap: ['⚠️', 'an archive of its chain is missing'],
  unread: ['❔', 'its chain is not read yet; a restore reads it first'],
  restore_inside: ['⚠️', 'a restore lies inside its chain'],
} as const;

function standingWords(standing: Standing): readonly [string, string] {
  switch (standing.kind) {
    case 'restorable': {
      const { needs } = standing;
      if (needs.length === 0) return ['✅', 'restorable'];
      const some = needs
        .slice(0, LABELS)
        .map((one) => clean(one, PATH_MAX))
        .join(', ');
      return ['✅', `restorable with ${some}${needs.length > LABELS ? ` and ${needs.length - LABELS} more` : ''}`];
    }
    case 'no_chain':
      return NO_CHAIN[standing.why];
    case 'unusable':
      return ['❌', UNUSABLE[standing.code] ?? `could not be read (${clean(standing.code, 40)})`];
    case 'changed':
      return ['⚠️', 'the file is not the one any more that was proved'];
    case 'unread':
      return ['❔', 'not read yet; a restore reads it first'];
  }
}

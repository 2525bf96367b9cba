import type { Problem } from '../operation/catalogue.ts';
import { archivePath, REASON_CHARS, type Wish } from '../operation/events.ts';
import { type KnownArchive, knownArchives } from './archives.ts';
import { restoreModal } from './cards/modals.ts';
import type { Fields, Filled, FormFaults } from './filled.ts';
import type { Message } from './limits.ts';
import { type Asked, cloudOf, demandDestroyable, demandRequester, type Office, refuse } from './office.ts';
import { openForm } from './open-form.ts';
import { request } from './request.ts';
import { clean } from './text.ts';

/** Shows the form of a restore, with the archives that are proven and the one that was named. */
export async function askRestore(
  office: Office,
  asked: Asked,
  cloud: string,
  chosen: string | null,
): Promise<Message | null> {
  // The form must be there within 3 s of the command.
  const [archives] = await Promise.all([
    knownArchives(office, cloud),
    demandRequester(office, asked.by, cloud),
    demandDestroyable(office, cloud),
  ]);
  if (archives.length === 0 && chosen === null) return refuse('NO_ARCHIVE_KNOWN', { cloud });
  const view = restoreModal({
    cloud,
    archives,
    chosen,
    nodes: Object.keys(cloudOf(office, cloud).nodes),
    now: office.now(),
  });
  return openForm(office, asked, view, { cloud });
}

const fault = (code: Problem['code']): Problem => ({ code, params: {} });

/** What is wrong with a filled-in form, by field. The list it was filled in from may be old. */
export async function restoreFaults(office: Office, { fields, context }: Filled): Promise<FormFaults> {
  const typed = fields.text('archive_name');
  const [chosen] = fields.chosen('archive');
  const known = chosen === undefined || context.cloud === undefined ? [] : await knownArchives(office, context.cloud);
  const gone = chosen !== undefined && !known.some(({ id }) => id === chosen);
  return {
    ...reasonFault(fields),
    ...(gone ? { archive: fault('FIELD_ARCHIVE_GONE') } : {}),
    ...((typed === '') === (chosen === undefined) ? { archive_name: fault('FIELD_ARCHIVE') } : {}),
    ...(typed !== '' && !archivePath.safeParse(typed).success ? { archive_name: fault('FIELD_ARCHIVE_NAME') } : {}),
  };
}

/** A form that needs a reason. */
export function reasonFault(fields: Fields): FormFaults {
  const reason = fields.text('reason');
  const params = { limit: String(REASON_CHARS) };
  return reason === '' || reason.length > REASON_CHARS ? { reason: { code: 'FIELD_REASON', params } } : {};
}

/** Requests the restore that a form describes. Who asked is looked up again: the form may be old. */
export async function requestRestore(office: Office, asked: Asked, { fields, context }: Filled): Promise<Message> {
  const cloud = context.cloud ?? refuse('FORM_UNKNOWN');
  await demandRequester(office, asked.by, cloud, true);
  await demandDestroyable(office, cloud);
  const gone = fields.chosen('gone');
  if (gone.some((name) => !Object.hasOwn(cloudOf(office, cloud).nodes, name))) return refuse('FORM_UNKNOWN');
  const archive = wished(await knownArchives(office, cloud), fields) ?? refuse('FIELD_ARCHIVE_GONE');
  return request(office, asked, cloud, {
    kind: 'restore',
    archive,
    reason: clean(fields.text('reason'), REASON_CHARS),
    olderSchemas: fields.chosen('older').includes('older'),
    ...(gone.length > 0 ? { without: [...gone] } : {}),
  });
}

type Archive = Extract<Wish, { kind: 'restore' }>['archive'];

/**
 * The archive that was chosen, or named. One that is named may have been copied to another node since it was proven: it is
 * looked for on all of them, and known by its checksum.
 */
function wished(known: readonly KnownArchive[], fields: Fields): Archive | null {
  const [id] = fields.chosen('archive');
  const typed = fields.text('archive_name');
  const fitting = known.filter((one) => (id === undefined ? one.path === typed : one.id === id));
  const only = fitting.length === 1 ? fitting[0] : undefined;
  if (id === undefined) return { path: archivePath.parse(typed), node: null, sha256: only?.sha256 ?? null };
  return only === undefined ? null : { path: only.path, node: only.node, sha256: only.sha256 };
}

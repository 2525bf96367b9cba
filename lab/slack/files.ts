/** Files: the ticket to upload one, its bytes, and the shape in which the Web API shows it. */
import type { SharedFile, State } from './model.ts';
import { newId, secret } from './state.ts';

const TEXT_TYPES: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  log: 'text/plain',
  md: 'text/markdown',
  json: 'application/json',
  jsonl: 'application/x-ndjson',
  csv: 'text/csv',
  yml: 'text/yaml',
  yaml: 'text/yaml',
};

const extension = (name: string) => /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

export function mimeOf(file: SharedFile): string {
  return (
    TEXT_TYPES[extension(file.name)] ?? (file.snippetType === undefined ? 'application/octet-stream' : 'text/plain')
  );
}

/** Whether the page shows its beginning. */
export function isText(file: SharedFile): boolean {
  return mimeOf(file) !== 'application/octet-stream';
}

export type Ticket = { readonly file: SharedFile; readonly ticket: string };

/** A place for `size` bytes. The ticket is good for one upload. */
export function expectFile(state: State, name: string, size: number, snippetType: string | undefined): Ticket {
  const created = Math.floor(state.clock.now() / 1_000);
  const id = newId('F');
  const file: SharedFile = {
    id,
    name,
    size,
    snippetType,
    created,
    title: name,
    content: undefined,
    state: 'waiting',
  };
  const ticket = secret();
  state.files.set(id, file);
  state.uploads.set(ticket, id);
  return { file, ticket };
}

/** Takes the bytes. False for an unknown or used ticket, or another number of bytes than was said. */
export function receiveFile(state: State, ticket: string, content: Buffer): boolean {
  const file = state.files.get(state.uploads.get(ticket) ?? '');
  if (file === undefined || file.state !== 'waiting' || content.length !== file.size) return false;
  state.uploads.delete(ticket);
  file.content = content;
  file.state = 'uploaded';
  return true;
}

export function fileJson(state: State, file: SharedFile) {
  const home = `https://${state.team.domain}.slack.example`;
  return {
    id: file.id,
    created: file.created,
    timestamp: file.created,
    name: file.name,
    title: file.title,
    mimetype: mimeOf(file),
    filetype: extension(file.name) || 'binary',
    pretty_type: isText(file) ? 'Plain Text' : 'Binary',
    user: state.app.botUser,
    user_team: state.team.id,
    editable: isText(file),
    size: file.size,
    mode: isText(file) ? 'snippet' : 'hosted',
    is_external: false,
    external_type: '',
    is_public: true,
    public_url_shared: false,
    display_as_bot: false,
    username: '',
    url_private: `${home}/files-pri/${state.team.id}-${file.id}/${encodeURIComponent(file.name)}`,
    url_private_download: `${home}/files-pri/${state.team.id}-${file.id}/download/${encodeURIComponent(file.name)}`,
    permalink: `${home}/files/${state.app.botUser}/${file.id}/${encodeURIComponent(file.name)}`,
    has_rich_preview: false,
  };
}

import { newId, personId } from '../operation/ids.ts';
import type { Operation } from '../operation/operation.ts';
import { auditInto } from './audit.ts';
import { cancelOperation } from './cancel.ts';
import { helpCard, type Listed, listCard, requestedCard, statusCard } from './cards/answers.ts';
import { archiveOf } from './cards/progress.ts';
import { rootCard } from './cards/root.ts';
import { meantCloud } from './clouds.ts';
import type { Message } from './limits.ts';
import {
  type Asked,
  byLabel,
  demandMember,
  demandRequester,
  type Office,
  Refusal,
  readSound,
  refuse,
  ring,
  whereIs,
} from './office.ts';
import { type Command, SUBCOMMANDS, type Subcommand } from './parse.ts';
import { releaseOperation } from './release.ts';

/** How many operations `list` shows. */
const LIST_MAX = 12;
/** How far back `status` looks for a good backup. */
const STATUS_LOOK = 40;
/** How many running operations `status` shows. */
const RUNNING_MAX = 3;

type Handlers = {
  readonly [K in Subcommand]: (
    office: Office,
    asked: Asked,
    about: Extract<Command, { sub: K }>['about'],
  ) => Promise<Message>;
};

/** What each subcommand does, and the answer that only the one who asked sees. A refusal is thrown. */
const handlers: Handlers = {
  full: async (office, asked, named) => {
    const cloud = cloudFor(office, named, asked, 'full');
    await demandRequester(office, asked.by, cloud);
    return requestBackup(office, asked, cloud);
  },
  list: async (office, asked, named) => {
    const cloud = cloudFor(office, named, asked, 'list');
    await demandMember(office, asked.by);
    return listCard(cloud, await listed(office, cloud, LIST_MAX), office.now());
  },
  status: async (office, asked, about) => {
    await demandMember(office, asked.by);
    if (about?.of === 'label') return statusOf(office, about.value);
    const cloud = cloudFor(office, about?.value ?? null, asked, 'status');
    return statusOn(office, cloud);
  },
  cancel: async (office, asked, label) => cancelOperation(office, await byLabel(office, label), label, asked, null),
  release: async (office, asked, { label, reason }) =>
    releaseOperation(office, await byLabel(office, label), label, asked, reason),
  audit: async (office, asked, label) => auditInto(office, asked, label),
  help: async (office) => helpCard(Object.keys(office.clouds)),
};

export async function runCommand(office: Office, asked: Asked, command: Command): Promise<Message> {
  // Each command goes to its own function; the table can't tell the compiler so.
  const handler = handlers[command.sub] as (office: Office, asked: Asked, about: Command['about']) => Promise<Message>;
  return handler(office, asked, command.about);
}

function cloudFor(office: Office, named: string | null, asked: Asked, sub: Subcommand): string {
  const meant = meantCloud(office.clouds, named, asked.channel, SUBCOMMANDS[sub].usage);
  if (!meant.ok) throw new Refusal(meant.problem);
  return meant.cloud;
}

async function requestBackup(office: Office, asked: Asked, cloud: string): Promise<Message> {
  const channel = office.clouds[cloud]?.channel;
  const event = {
    type: 'requested',
    cloud,
    wish: { kind: 'backup', type: 'full' },
    by: personId.parse(asked.by),
    place: channel === undefined ? null : { channel },
  } as const;
  const said = await office.journal.request(newId(), event, { own: 'take', once: `slack:${asked.trigger}` });
  switch (said.answer) {
    case 'appended':
      await ring(office, said.operation.id, ['project', 'drive']);
      return requestedCard(said.operation, await whereIs(office, said.operation));
    case 'duplicate': {
      const { operation } = await readSound(office, said.of, said.of);
      return requestedCard(operation, await whereIs(office, operation));
    }
    case 'owned':
      return refuse('CLOUD_BUSY', { cloud, label: await labelOf(office, said.by) });
    case 'clock':
      return refuse('JOURNAL_CLOCK');
    default:
      return refuse('JOURNAL_CONTENDED', { label: cloud, tries: '1' });
  }
}

async function labelOf(office: Office, id: string): Promise<string> {
  const read = await office.journal.read(id);
  return read.state === 'sound' ? read.operation.label : id;
}

async function listed(office: Office, cloud: string, limit: number): Promise<readonly Listed[]> {
  const newest = await office.journal.recent(limit, cloud);
  const found: Listed[] = [];
  for (const { id, at } of newest) {
    const read = await office.journal.read(id);
    found.push({ id, at, operation: read.state === 'sound' ? read.operation : null });
  }
  return found;
}

async function statusOf(office: Office, label: string): Promise<Message> {
  const { operation } = await readSound(office, await byLabel(office, label), label);
  return rootCard(operation, { progress: await office.notes.progress(operation.id), now: office.now() }, false);
}

async function statusOn(office: Office, cloud: string): Promise<Message> {
  const found = (await listed(office, cloud, STATUS_LOOK)).flatMap(({ operation }) => operation ?? []);
  const underWay = found.filter(({ end }) => end === null).slice(0, RUNNING_MAX);
  const running = [];
  for (const operation of underWay)
    running.push([operation, { progress: await office.notes.progress(operation.id), now: office.now() }] as const);
  const good: Operation | null = found.find((one) => one.end?.how === 'succeeded' && archiveOf(one) !== null) ?? null;
  return statusCard(cloud, { running, good, now: office.now() });
}

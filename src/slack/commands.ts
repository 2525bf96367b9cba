import type { KnownBlock } from '@slack/types';
import type { BackupType } from '../operation/checks.ts';
import type { Operation } from '../operation/operation.ts';
import { cloudPast } from '../past.ts';
import { archivesSeen } from '../runbooks/archives-seen.ts';
import { auditInto } from './audit.ts';
import { cancelOperation } from './cancel.ts';
import { helpCard, listCard, statusCard } from './cards/answers.ts';
import { archivesBlock } from './cards/archive-list.ts';
import { archiveOf } from './cards/progress.ts';
import { rootCard } from './cards/root.ts';
import { meantCloud } from './clouds.ts';
import { keptAmong, requestDiscard } from './discard.ts';
import type { Message } from './limits.ts';
import { type Asked, byLabel, demandMember, demandRequester, type Office, Refusal, readSound } from './office.ts';
import { type Command, SUBCOMMANDS, type Subcommand } from './parse.ts';
import { releaseOperation } from './release.ts';
import { newest, request } from './request.ts';
import { askRestore } from './restore.ts';

/** How many operations `list` shows. */
const LIST_MAX = 12;
/** How far back `status` looks for a good backup and for kept data. */
const STATUS_LOOK = 120;
/** How many running operations `status` shows. */
const RUNNING_MAX = 3;

type Handlers = {
  readonly [K in Subcommand]: (
    office: Office,
    asked: Asked,
    about: Extract<Command, { sub: K }>['about'],
  ) => Promise<Message | null>;
};

/** What each subcommand does, and the answer that only the one who asked sees; null where a form is it. A refusal is thrown. */
const handlers: Handlers = {
  full: async (office, asked, named) => takeBackup(office, asked, named, 'full'),
  incremental: async (office, asked, named) => takeBackup(office, asked, named, 'incremental'),
  restore: async (office, asked, { archive, cloud }) =>
    askRestore(office, asked, cloudFor(office, cloud, asked, 'restore'), archive),
  discard: async (office, asked, { label, reason }) => requestDiscard(office, asked, label, reason),
  list: async (office, asked, named) => {
    const cloud = cloudFor(office, named, asked, 'list');
    await demandMember(office, asked.by);
    const card = listCard(cloud, await newest(office, cloud, LIST_MAX), office.now());
    return { ...card, blocks: [...(card.blocks ?? []), await archivesOn(office, cloud)] };
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

type Handler = (office: Office, asked: Asked, about: Command['about']) => Promise<Message | null>;

export async function runCommand(office: Office, asked: Asked, command: Command): Promise<Message | null> {
  // Each command goes to its own function; the table can't tell the compiler so.
  const handler = handlers[command.sub] as Handler;
  return handler(office, asked, command.about);
}

async function takeBackup(office: Office, asked: Asked, named: string | null, type: BackupType): Promise<Message> {
  const cloud = cloudFor(office, named, asked, type);
  await demandRequester(office, asked.by, cloud);
  return request(office, asked, cloud, { kind: 'backup', type });
}

function cloudFor(office: Office, named: string | null, asked: Asked, sub: Subcommand): string {
  const meant = meantCloud(office.clouds, named, asked.channel, SUBCOMMANDS[sub].usage);
  if (!meant.ok) throw new Refusal(meant.problem);
  return meant.cloud;
}

/** The archives of a cloud as a worker last saw them, beside what the journals know. */
async function archivesOn(office: Office, cloud: string): Promise<KnownBlock> {
  const sighting = await office.notes.sighting(cloud);
  const seen = sighting === null ? [] : archivesSeen(sighting, await cloudPast(office.journal, cloud));
  return archivesBlock(sighting, seen, office.now());
}

async function statusOf(office: Office, label: string): Promise<Message> {
  const { operation } = await readSound(office, await byLabel(office, label), label);
  return rootCard(operation, { progress: await office.notes.progress(operation.id), now: office.now() }, false);
}

async function statusOn(office: Office, cloud: string): Promise<Message> {
  const found = (await newest(office, cloud, STATUS_LOOK)).flatMap(({ operation }) => operation ?? []);
  const underWay = found.filter(({ end }) => end === null).slice(0, RUNNING_MAX);
  const running = [];
  for (const operation of underWay)
    running.push([operation, { progress: await office.notes.progress(operation.id), now: office.now() }] as const);
  const good: Operation | null = found.find((one) => one.end?.how === 'succeeded' && archiveOf(one) !== null) ?? null;
  return statusCard(cloud, { running, good, kept: keptAmong(found), now: office.now() });
}

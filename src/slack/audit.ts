import { audit, journalLines, timeline } from '../operation/audit.ts';
import type { JournalRead } from '../operation/journal.ts';
import { auditCard, auditPostedCard } from './cards/audits.ts';
import { noticeMark } from './heads.ts';
import type { Message } from './limits.ts';
import { type Asked, byLabel, demandRequester, type Office, Refusal, refuse } from './office.ts';
import { shownIn } from './thread-heads.ts';
import { troubleOf } from './web.ts';

/**
 * Looks at an operation's journal, compares it with the heads that our own bot posted into its thread, and puts the
 * verdict and both files into that thread. Refused to those who may not ask for changes on the cloud.
 */
export async function auditInto(office: Office, asked: Asked, label: string): Promise<Message> {
  const id = await byLabel(office, label);
  await demandRequester(office, asked.by, cloudOf(await office.journal.read(id)) ?? (await anyCloud(office, asked)));
  const place = await office.threads.read(id);
  if (!place?.root) return refuse('AUDIT_NO_THREAD', { label });
  const { channel, root } = place;
  try {
    const { heads, threads, gone } = await shownIn(office.door, id, place.channel, [root, ...place.former]);
    // Read after the thread: a journal that grows meanwhile has every head that was shown, and one more.
    const read = await office.journal.read(id);
    const lines = linesOf(read);
    const flaw = read.state === 'broken' ? read.flaw : null;
    const found = audit(lines, { by: 'reader', flaw }, heads);
    const card = auditCard(label, asked.by, found, { threads, gone, heads: heads.length });
    await office.door.post(channel, root, card, noticeMark(id, 'audit'));
    await office.door.attach(
      channel,
      root,
      [
        { name: `${label}.jsonl`, title: `Journal of ${label}`, text: journalLines(lines) },
        { name: `${label}.txt`, title: `Timeline of ${label}`, text: timeline(lines, found.doubtFrom) },
      ],
      `Journal of ${label}`,
    );
    return auditPostedCard(label, found, { channel, link: await office.door.link(channel, root) });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const trouble = troubleOf(error);
    const reason =
      trouble.kind === 'rate' ? 'too many calls' : trouble.kind === 'refused' ? trouble.error : trouble.reason;
    return refuse('AUDIT_NOT_POSTED', { label, reason });
  }
}

function linesOf(read: JournalRead): readonly unknown[] {
  if (read.state === 'missing') return [];
  return read.state === 'broken' ? read.lines : read.records;
}

function cloudOf(read: JournalRead): string | null {
  if (read.state === 'sound') return read.operation.cloud;
  const first = read.state === 'unreadable' ? read.records[0]?.event['cloud'] : null;
  return typeof first === 'string' ? first : null;
}

/** A journal that doesn't verify can't say whose it is: whoever may ask on any cloud may look at it. */
async function anyCloud(office: Office, { by }: Asked): Promise<string> {
  for (const [cloud, { requesters }] of Object.entries(office.clouds))
    if ((await office.authority.among(by, requesters, cloud)).ok) return cloud;
  return Object.keys(office.clouds)[0] ?? '';
}

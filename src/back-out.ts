import { KollaBackupError } from './operation/catalogue.ts';
import { type Journal, notSound } from './operation/journal.ts';
import { highestNumber, type Operation } from './operation/operation.ts';
import type { BackOut } from './operation/plan.ts';
import type { Wake } from './operation/ports.ts';
import { waysOut } from './runbooks/ways-out.ts';

/** How often an append is decided anew because others wrote at the same moment. */
const TRIES = 6;

/** What a command line does about an operation's back-outs while Slack is away: its text, and the exit code. */
export async function backOutCommand(
  journal: Journal,
  wake: Wake,
  label: string,
  wanted: string | undefined,
): Promise<{ readonly text: string; readonly exit: 0 | 1 }> {
  const id = await journal.byLabel(label.toUpperCase());
  if (id === null) throw new KollaBackupError('LABEL_UNKNOWN', { label });
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const operation = await sound(journal, id, label);
    const offered = waysOut(operation);
    if (wanted === undefined) return { text: listed(operation, offered), exit: offered.length > 0 ? 0 : 1 };
    if (!offered.some((one) => one.id === wanted)) throw new KollaBackupError('BACK_OUT_NOT_OFFERED', { label });
    const plan = operation.plan?.plan.number ?? 0;
    const number = highestNumber(operation) + 1;
    const event = { type: 'backing_out', by: 'console', plan, backOut: wanted, number } as const;
    const said = await journal.append(operation, event, {});
    if (said.answer === 'moved') continue;
    if (said.answer !== 'appended') throw new KollaBackupError('BACK_OUT_NOT_OFFERED', { label });
    await Promise.allSettled([wake.drive(id), wake.project(id)]); // else the sweep rings
    return { text: `${label}: ${wanted} begins; a worker drives it.\n`, exit: 0 };
  }
  throw new KollaBackupError('JOURNAL_CONTENDED', { label, tries: String(TRIES) });
}

async function sound(journal: Journal, id: string, label: string): Promise<Operation> {
  const read = await journal.read(id);
  if (read.state === 'sound') return read.operation;
  const { code, params } = notSound(read, label);
  throw new KollaBackupError(code, params);
}

function listed({ label }: Operation, offered: readonly BackOut[]): string {
  if (offered.length === 0) return `${label} offers no back-out now.\n`;
  const rows = offered.map(({ id, title, does }) => `  ${id}\n      ${title}. ${does}\n`);
  return `${label} offers:\n\n${rows.join('')}\nStart one with: kolla-backup backout ${label} <id>\n`;
}

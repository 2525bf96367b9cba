/** The story that the demonstration tells and a test repeats: what people do in Slack, and whether what they see is true. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cloud } from './cloud-type.ts';
import { archiveChecksums, liveChecksums } from './mini/open-archive.ts';
import { restoreStory } from './restore-story.ts';
import type { MessageJson } from './slack/control-type.ts';
import { CHANNEL, CLOUD, type Stack } from './stack.ts';

/** How long one thing may take until people would worry (ms). */
const PATIENCE_MS = 300_000;
/** How long an answer may take on a busy machine (ms). */
const ANSWER_MS = 20_000;
const COMMAND = '/kolla-backup';

/** Runs one part of the story; what it throws is what isn't true. */
export type Tell = (what: string, act: () => Promise<void>) => Promise<void>;

export async function story(stack: Stack<Cloud>, tell: Tell): Promise<{ roots: readonly MessageJson[] }> {
  const { slack, cloud, dir, environment } = stack;
  const [node] = cloud.nodes;
  const type = async (who: string, text: string) => {
    const seen = await slack.slash(who, CHANNEL, COMMAND, text, { waitMs: ANSWER_MS });
    if (seen.failure !== null) throw new Error(`Slack told ${who}: ${seen.failure}`);
    const answers = seen.said.filter(({ ephemeral }) => ephemeral);
    return answers.map((one) => words(one.text, one.blocks)).join('\n');
  };
  const root = () => slack.messages(CHANNEL).find(({ text }) => text.includes('BKP-1 ')) ?? null;
  const thread = () => {
    const found = root();
    return found ? slack.thread(CHANNEL, found.ts) : [];
  };
  const seen = async (pattern: RegExp, where: () => string) => {
    if (!(await slack.until(() => pattern.test(where()), PATIENCE_MS)))
      throw new Error(`never seen: ${pattern}\n${where()}`);
  };
  const threadText = () =>
    thread()
      .map(({ text, blocks }) => words(text, blocks ?? []))
      .join('\n');

  await tell('Gus, a guest, asks for a backup and is refused', async () => {
    expect(await type('gus', 'full'), /guest/i);
    if (root()) throw new Error('a thread was begun');
  });
  await tell('Carol, who is no operator, asks and is refused', async () => {
    expect(await type('carol', 'full'), /may not|not.*(?:requester|allowed|among)/i);
    if (root()) throw new Error('a thread was begun');
  });
  await tell('nonsense is refused, and changes nothing', async () => {
    expect(await type('alice', 'full x; rm -rf /'), /\w/);
    if (root()) throw new Error('a thread was begun');
  });

  let before: ReadonlyMap<string, string> = new Map();
  await tell('every table is written down as it is now', async () => {
    before = await liveChecksums(node);
    if (before.size < 10) throw new Error(`only ${before.size} tables`);
  });
  await tell('Alice asks for a full backup', async () => {
    expect(await type('alice', 'full'), /BKP-1/);
    await seen(/BKP-1/, () => root()?.text ?? '');
  });
  await tell('Bob asks for another while it runs, and is refused with its name', async () => {
    expect(await type('bob', `full ${CLOUD}`), /BKP-1/);
  });
  await tell('the backup ends well, told in its thread', async () => {
    await seen(/succeeded|failed|cancelled/i, () => root()?.text ?? '');
    expect(root()?.text ?? '', /succeeded/i);
  });

  let archive = '';
  await tell('the card names an archive, proven complete', async () => {
    const text = `${words(root()?.text ?? '', root()?.blocks ?? [])}\n${threadText()}`;
    // Later releases make a folder for each.
    archive = /(?:full-[\w-]+\/)?mysqlbackup-[\w.-]+\.gz/.exec(text)?.[0] ?? '';
    if (archive === '') throw new Error(`no archive in:\n${text}`);
    await node.must(['test', '-f', `${cloud.engine.volumes}/mariadb_backup/_data/${archive}`]);
  });
  await tell('what is in the archive, opened by a MariaDB of its own, is what was in every table', async () => {
    const inside = await archiveChecksums(cloud, node, archive);
    const differing = [...before].filter(([table, sum]) => inside.get(table) !== sum).map(([table]) => table);
    if (differing.length > 0 || inside.size !== before.size)
      throw new Error(`these differ: ${differing.join(', ')} (${inside.size} tables inside)`);
  });

  let exported = '';
  await tell('Alice has the thread audited: it verifies against the heads that stand in it', async () => {
    await type('alice', 'audit BKP-1');
    await seen(/verifies/i, threadText);
    const file = slack.files().find(({ name }) => name === 'BKP-1.jsonl');
    exported = file?.content?.toString() ?? '';
    if (exported === '') throw new Error('no journal was attached');
  });
  await tell('the exported journal verifies by itself, without Slack and Redis', async () => {
    const code = await audit(dir, exported, environment);
    if (code !== 0) throw new Error(`exit code ${code}`);
  });
  await tell('with one word of it changed, it does not', async () => {
    const code = await audit(dir, exported.replace('"by":"', '"by":"W0'), environment);
    if (code !== 1) throw new Error(`exit code ${code}`);
  });
  const restored = await restoreStory(stack, tell, before);
  await tell('the restore’s exported journal verifies by itself, too', async () => {
    const code = await audit(dir, restored.exported, environment);
    if (code !== 0) throw new Error(`exit code ${code}`);
  });
  return { roots: [root(), restored.root].filter((one) => one !== null) };
}

/** `kolla-backup audit FILE`, as a process of its own. */
async function audit(
  dir: string,
  journal: string,
  environment: Readonly<Record<string, string>>,
): Promise<number | null> {
  const file = join(dir, 'BKP-1.jsonl');
  await writeFile(file, journal);
  const main = join(import.meta.dirname, '../src/main.ts');
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [main, 'audit', file], {
    env: { PATH, KOLLA_BACKUP_KEY: environment['KOLLA_BACKUP_KEY'] },
    stdio: 'ignore',
  });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : null;
}

export function expect(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`expected ${pattern} in:\n${text || '(nothing was said)'}`);
}

/** Everything that a person reads in a message: its blocks' texts, or its text where it has none. */
export function words(text: string, blocks: readonly unknown[]): string {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const one of value) walk(one);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [key, held] of Object.entries(value)) {
      if (key === 'text' && typeof held === 'string') found.push(held);
      else if (key === 'user_id' && typeof held === 'string') found.push(`@${held}`);
      else if (key !== 'confirm') walk(held);
    }
    if (
      'type' in value &&
      (value.type === 'section' ||
        value.type === 'rich_text_section' ||
        value.type === 'context' ||
        value.type === 'header')
    )
      found.push('\n');
  };
  walk(blocks);
  const read = found
    .join('')
    .replaceAll(/\n{2,}/g, '\n')
    .trim();
  return read === '' ? text : read;
}

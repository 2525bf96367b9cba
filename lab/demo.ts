/**
 * `npm run demo`: the whole on this machine alone. `--keep` stays up, with a page to look at and click. `--cloud kolla`
 * has the real kolla-ansible deploy the cloud, with `--engine podman` on podman; one that `npm run lab` brought up is used,
 * and stays. `--release 22.2.0` is kolla-ansible's, on either. `--journals DIR` keeps the exported journals there: later
 * versions are held against what this one has written.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Cloud } from './cloud-type.ts';
import { ENGINE_NAMES, isEngine } from './engines.ts';
import { borrowLab } from './kolla/cloud.ts';
import { releaseNamed } from './mini/layout.ts';
import { CHANNEL, type Stack, startStack, startStackOn } from './stack.ts';
import { story, words } from './story.ts';

/** As large as a small real cloud's databases. */
const MEGABYTES = 200;

const options = {
  keep: { type: 'boolean', default: false },
  megabytes: { type: 'string', default: String(MEGABYTES) },
  cloud: { type: 'string', default: 'mini' },
  release: { type: 'string' },
  engine: { type: 'string' },
  journals: { type: 'string' },
} as const;
const { values } = parseArgs({ options });
const engine = values.engine !== undefined && isEngine(values.engine) ? values.engine : undefined;
const began = performance.now();
const say = (line: string) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const count = { passed: 0, failed: 0 };

let stack: Stack<Cloud> | null = null;
let leaving = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void leave(130));

async function leave(code: number): Promise<void> {
  if (leaving) return;
  leaving = true;
  console.log('');
  say('cleaning up');
  await stack?.stop();
  say('all is removed');
  process.exit(code);
}

async function tell(what: string, act: () => Promise<void>): Promise<void> {
  if (count.failed > 0) return;
  try {
    await act();
    count.passed += 1;
    say(`✓ ${what}`);
  } catch (error) {
    if (leaving) return;
    count.failed += 1;
    say(`✗ ${what}`);
    console.log(error instanceof Error ? error.message : error);
  }
}

/** The thread as a person would see it. */
function showThread({ slack }: Stack<Cloud>, ts: string): void {
  console.log(`\n#${CHANNEL}`);
  for (const message of slack.thread(CHANNEL, ts)) {
    const time = new Date(Number(message.ts) * 1000).toISOString().slice(11, 19);
    const lines = words(message.text, message.blocks ?? []).split('\n');
    console.log(`  ${message.ts === ts ? '┌' : '│'} kolla-backup ${time}`);
    for (const line of lines) console.log(`  │   ${line}`);
    for (const file of message.files ?? []) console.log(`  │   📎 ${file.name}`);
  }
  console.log('  └');
}

/** What `audit` has posted, as files. */
async function keepJournals({ slack }: Stack<Cloud>, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const { name, content } of slack.files())
    if (content && name.endsWith('.jsonl')) await writeFile(join(directory, name), content);
}

const CLOUDS = {
  mini: () => startStack({ rowsMegabytes: Number(values.megabytes), release: releaseNamed(values.release), tell: say }),
  kolla: () =>
    startStackOn(
      () => borrowLab({ release: values.release, engine, rowsMegabytes: Number(values.megabytes), tell: say }),
      say,
    ),
} as const;
if (!Object.hasOwn(CLOUDS, values.cloud)) {
  console.error(`--cloud is one of: ${Object.keys(CLOUDS).join(', ')}`);
  process.exit(2);
}
if (values.engine !== engine || (engine !== undefined && values.cloud !== 'kolla')) {
  console.error(`--engine goes with --cloud kolla, and is one of: ${ENGINE_NAMES.join(', ')}`);
  process.exit(2);
}

try {
  stack = await CLOUDS[values.cloud as keyof typeof CLOUDS]();
  say('the bot, and two workers');
  await stack.start('bot');
  await Promise.all([stack.start('worker'), stack.start('worker')]);
  const { roots } = await story(stack, tell);
  for (const { ts } of roots) showThread(stack, ts);
  if (values.journals !== undefined) await keepJournals(stack, values.journals);
  if (values.keep && !leaving) {
    console.log(
      `\nThe page: ${stack.slack.pageUrl}\nTry /kolla-backup full, status, list or audit BKP-1 in #${CHANNEL}. Ctrl-C removes everything.`,
    );
    await new Promise(() => {});
  }
} catch (error) {
  if (!leaving) {
    count.failed += 1;
    console.log(error instanceof Error ? (error.stack ?? error.message) : error);
  }
}
if (!leaving) {
  leaving = true;
  await stack?.stop();
  say('all is removed');
  console.log(`\n${count.passed} passed, ${count.failed} failed`);
  process.exit(count.failed === 0 ? 0 : 1);
}

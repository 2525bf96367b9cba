/** `npm run lab`: brings the real thing up on this machine and says how to reach it; `-- --down` takes it away. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ENGINE_NAMES, type EngineName, isEngine } from '../engines.ts';
import { releaseNamed } from '../mini/layout.ts';
import { bringUp, bringUpUnused, takeDown } from './cloud.ts';
import { RELEASES } from './layout.ts';
import { labStatus } from './state.ts';

const RELEASE_NAMES = RELEASES.map(({ version }) => version).join('|');
const USAGE = `usage: npm run lab -- [--up | --down | --status | --test | --cuts] [--release ${RELEASE_NAMES}] [--engine ${ENGINE_NAMES.join('|')}] [--megabytes 20] [--only PATTERN] [--alone]`;
const began = performance.now();
const say = (line: string) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);

type Wanted = {
  readonly release?: string | undefined;
  /** Of the nodes. */
  readonly engine?: EngineName | undefined;
  readonly megabytes: number;
  /** A pattern of tests' names. */
  readonly only?: string | undefined;
  /** Only the small cloud's half of the contract tests: nothing is compared, and the lab left as it is. */
  readonly alone: boolean;
};

const ACTS = {
  async up({ release, engine, megabytes }: Wanted): Promise<number> {
    const cloud = await bringUp({ release, engine, rowsMegabytes: megabytes, tell: say });
    say(`ready: kolla-ansible ${cloud.release} with ${cloud.engine.name}, three nodes Synced, VIP ${cloud.vip}\n`);
    const ssh = `ssh -i ${cloud.keyFile} -o UserKnownHostsFile=${cloud.knownHostsFile}`;
    for (const { name, ssh: login } of [cloud.deploy, ...cloud.nodes])
      console.log(`${name.padEnd(26)} ${ssh} -p ${login.port} ${login.user}@${login.host}`);
    console.log('\nnpm run lab -- --down takes it away; what was downloaded and built stays in the cache.');
    return 0;
  },
  async down(): Promise<number> {
    await takeDown();
    say('the lab is down');
    return 0;
  },
  async status(): Promise<number> {
    const status = await labStatus();
    if (status === null) {
      console.log('down');
      return 0;
    }
    const { release, engine, deployed, running } = status;
    const state = deployed ? 'deployed' : 'not finished';
    console.log(
      `kolla-ansible ${release} with ${engine}, ${state}; machines that are on: ${running.join(', ') || 'none'}`,
    );
    return 0;
  },
  /** The contract tests: the same commands here and on the small cloud, in one release; or there alone. */
  async test({ release, megabytes, alone, only }: Wanted): Promise<number> {
    const wanted = releaseNamed(release);
    if (!alone) await bringUpUnused({ release: wanted, engine: 'docker', rowsMegabytes: megabytes, tell: say });
    const env = { ...process.env, KOLLA_BACKUP_CONTRACT: wanted, KOLLA_BACKUP_CONTRACT_ALONE: alone ? '1' : '' };
    const names = only === undefined ? [] : ['-t', only];
    const { status } = spawnSync('vitest', ['run', '--project', 'contract', ...names], { stdio: 'inherit', env });
    return status ?? 1;
  },
  /** A node's power cut before, in and after each step of a restore; hours for all of them. */
  async cuts({ release = '', only }: Wanted): Promise<number> {
    const env = { ...process.env, KOLLA_BACKUP_CUTS: release };
    const names = only === undefined ? [] : ['-t', only];
    const { status } = spawnSync('vitest', ['run', '--project', 'cuts', ...names], { stdio: 'inherit', env });
    return status ?? 1;
  },
} as const;
type Act = keyof typeof ACTS;

const options = {
  up: { type: 'boolean' },
  down: { type: 'boolean' },
  status: { type: 'boolean' },
  test: { type: 'boolean' },
  cuts: { type: 'boolean' },
  only: { type: 'string' },
  alone: { type: 'boolean', default: false },
  release: { type: 'string' },
  engine: { type: 'string' },
  megabytes: { type: 'string', default: '20' },
} as const;

function wanted(): { readonly act: Act; readonly how: Wanted } {
  const { values } = parseArgs({ options });
  const acts = (['up', 'down', 'status', 'test', 'cuts'] as const).filter((name) => values[name]);
  const megabytes = Number(values.megabytes);
  const { engine } = values;
  const known = engine === undefined || isEngine(engine);
  const [act = 'up'] = acts;
  // Contract tests and power cuts look where Docker has its files.
  if (engine !== undefined && act !== 'up') throw new Error('--engine goes with --up alone');
  if (!known || acts.length > 1 || !Number.isInteger(megabytes) || megabytes < 1) throw new Error('no such call');
  return {
    act,
    how: { release: values.release, engine, megabytes, only: values.only, alone: values.alone },
  };
}

try {
  const { act, how } = wanted();
  process.exitCode = await ACTS[act](how);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(USAGE);
  process.exitCode = 1;
}

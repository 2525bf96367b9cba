/** `npm run lab`: brings the real thing up on this machine and says how to reach it. */
import { parseArgs } from 'node:util';
import { bringUp, findRelease, labStatus, takeDown } from './cloud.ts';

const USAGE = `usage: npm run lab -- [up|down|status] [--release 17.9.0|22.2.0] [--megabytes 20]`;
const began = performance.now();
const say = (line: string) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}`);

const ACTS = {
  async up({ release, megabytes }: { release: string | undefined; megabytes: number }) {
    const cloud = await bringUp({ release: findRelease(release), rowsMegabytes: megabytes, tell: say });
    say(`ready: kolla-ansible ${cloud.release}, three nodes Synced, VIP ${cloud.vip}\n`);
    const ssh = `ssh -i ${cloud.keyFile} -o UserKnownHostsFile=${cloud.knownHostsFile}`;
    for (const { name, ssh: login } of [cloud.deploy, ...cloud.nodes])
      console.log(`${name.padEnd(26)} ${ssh} -p ${login.port} ${login.user}@${login.host}`);
    console.log('\nnpm run lab -- down takes it away; what was downloaded and built stays in the cache.');
  },
  async down() {
    await takeDown();
    say('the lab is down');
  },
  async status() {
    const status = await labStatus();
    if (status === null) return console.log('down');
    const { release, deployed, running } = status;
    console.log(
      `kolla-ansible ${release}, ${deployed ? 'deployed' : 'not deployed yet'}; on: ${running.join(', ') || 'none'}`,
    );
  },
} as const;

const options = { release: { type: 'string' }, megabytes: { type: 'string', default: '20' } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const [name = 'up', ...rest] = positionals;
const megabytes = Number(values.megabytes);
if (!Object.hasOwn(ACTS, name) || rest.length > 0 || !Number.isInteger(megabytes) || megabytes < 1) {
  console.error(USAGE);
  process.exit(2);
}
try {
  await ACTS[name as keyof typeof ACTS]({ release: values.release, megabytes });
} catch (error) {
  say('failed');
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

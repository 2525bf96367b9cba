/** `node lab/mini/main.ts [megabytes] [release]`: runs a small cloud until Ctrl-C and says how to reach it. */
import { once } from 'node:events';
import { startMini } from './cloud.ts';
import { releaseNamed } from './layout.ts';

const megabytes = Number(process.argv[2] ?? 4);
const release = releaseNamed(process.argv[3]);
if (!Number.isInteger(megabytes) || megabytes < 1 || megabytes > 2000) {
  console.error('usage: node lab/mini/main.ts [megabytes of rows, 1-2000] [release of kolla-ansible]');
  process.exit(2);
}
console.log('Starting a small cloud (the first time, Debian packages are downloaded: a minute or so) …');
const began = Date.now();
const cloud = await startMini({ rowsMegabytes: megabytes, release });
const ssh = `ssh -i ${cloud.keyFile} -o UserKnownHostsFile=${cloud.knownHostsFile}`;
console.log(
  `Ready after ${((Date.now() - began) / 1000).toFixed(1)} s, address block ${cloud.index}, VIP ${cloud.vip}:3306.\n`,
);
for (const { name, ssh: login } of [cloud.deploy, ...cloud.nodes])
  console.log(`${name.padEnd(26)} ${ssh} -p ${login.port} ${login.user}@${login.host}`);
console.log('\nOn the deploy host: cd /opt/kolla-ansible-cli; .venv/bin/kolla-ansible --help');
console.log('\nCtrl-C takes it away.');
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await cloud.stop();

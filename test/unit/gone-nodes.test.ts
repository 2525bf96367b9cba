import { expect, test } from 'vitest';
import { comeBack } from '../../src/engine/gone-nodes.ts';
import type { CloudHosts } from '../../src/engine/hosts.ts';
import { KollaBackupError, type Problem } from '../../src/operation/catalogue.ts';
import type { Host } from '../../src/operation/host.ts';
import { sampleFacts } from '../support/sample.ts';

/** A node that is declared off: only the silence of everything counts. */

const GONE = { name: 'node-c', address: '192.0.2.3' };
const SSH = { host: GONE.name, reason: 'connect EHOSTUNREACH 192.0.2.3:22' };
const OFF = 'Failed to connect to the host via ssh: ssh: connect to host 192.0.2.3 port 22: No route to host';

/** Why it isn't off, by what SSH and Ansible say of it. */
async function whyBack(problems: readonly Problem[], msg: string): Promise<string | null> {
  let asked = 0;
  const host = (name: string, stdout: string): Host => ({
    ...{ name, close: async () => {} },
    run: async () => {
      if (name !== GONE.name) return { code: 0, signal: null, stdout, stderr: '' };
      const { code, params } = problems[Math.min(asked, problems.length - 1)] ?? expect.fail('no problem');
      asked += 1;
      throw new KollaBackupError(code, params);
    },
  });
  const said = `${GONE.name} | UNREACHABLE! => {\n    "changed": false,\n    "msg": ${JSON.stringify(msg)},\n    "unreachable": true\n}`;
  const hosts: CloudHosts = {
    deploy: host('deploy', said),
    node: (name) => host(name, 'wsrep_cluster_size\t2'),
    runs: () => expect.fail('nothing is run'),
  };
  const nodes = [{ node: 'node-a', engine: 'docker' as const }];
  const others = { nodes: [...nodes, { node: 'node-b', engine: 'docker' as const }], container: 'mariadb' };
  const back = await comeBack(hosts, sampleFacts.deploy, [GONE], others, (_, question) => question());
  return back[0]?.why ?? null;
}
const unreachable = (reason: string): Problem => ({ code: 'HOST_UNREACHABLE', params: { ...SSH, reason } });

test.each([
  [unreachable(SSH.reason), OFF],
  [unreachable('connect ETIMEDOUT 192.0.2.3:22'), OFF.replace('No route to host', 'Connection timed out')],
  [unreachable('Timed out while waiting for handshake'), OFF],
  [unreachable('jump.example: (SSH) Channel open failure: open failed'), OFF],
  // As in a lab: the address is one of the machine that asks.
  [unreachable('connect ECONNREFUSED 127.77.1.13:2222'), OFF],
  [unreachable(SSH.reason), 'ssh: connect to host 127.77.1.13 port 2222: Connection refused'],
  [{ code: 'HOST_TIMEOUT', params: { host: GONE.name, seconds: '30' } }, OFF],
] as const)('off: %o', async (problem, msg) => expect(await whyBack([problem], msg)).toBeNull());

test.each([
  ['its sshd is down', unreachable('connect ECONNREFUSED 192.0.2.3:22'), OFF],
  ['behind a jump host', unreachable('jump.example: (SSH) Channel open failure: Connection refused'), OFF],
  ['it has no session left', unreachable('(SSH) Channel open failure: open failed'), OFF],
  ['it lets Ansible not in', unreachable(SSH.reason), 'root@192.0.2.3: Permission denied (publickey).'],
  ['its sshd is down for Ansible', unreachable(SSH.reason), OFF.replace('No route to host', 'Connection refused')],
  ['it hangs', unreachable(SSH.reason), 'Connection timed out during banner exchange'],
  ['its key is another', { code: 'HOST_KEY_CHANGED', params: { host: GONE.name } } as Problem, OFF],
] as const)('not off: %s', async (_, problem, msg) => expect(await whyBack([problem], msg)).toMatch(/answers/));

test('a connection of before that broke is no answer; one that was made anew is', async () => {
  const lost: Problem = { code: 'HOST_CONNECTION_LOST', params: { host: GONE.name } };
  expect(await whyBack([lost, unreachable(SSH.reason)], OFF)).toBeNull();
  expect(await whyBack([lost, lost], OFF)).toMatch(/answers/);
});

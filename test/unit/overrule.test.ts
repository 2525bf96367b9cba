import { expect, test, vi } from 'vitest';
import type { Drive } from '../../src/engine/drive.ts';
import { overrule } from '../../src/engine/overrule.ts';
import type { Answered, Check } from '../../src/operation/checks.ts';
import type { Command } from '../../src/operation/host.ts';
import { endLines } from '../../src/slack/cards/ends.ts';
import { milestoneOf } from '../../src/slack/cards/milestones.ts';
import { faults } from '../../src/slack/limits.ts';
import { memberStatus } from '../support/galera-status.ts';
import { idleDrive } from '../support/idle-drive.ts';
import { awaitingSample, NODES } from '../support/restore-sample.ts';

/** A recovery that Ansible calls failed, and nodes that say that they are whole. */

const [FIRST, SECOND, THIRD] = NODES;
const UUID = '5ffef8dc-e907-11f1-848a-6ee6f332f22d';
const STATUS = Object.entries(memberStatus(UUID))
  .map((row) => row.join('\t'))
  .join('\n');
const MEMBER =
  '  71 /usr/sbin/mariadbd --wsrep-provider=/usr/lib/galera/libgalera_smm.so --wsrep-cluster-address=gcomm://a';
const FIRST_OF_NEW = `${MEMBER.replace('mariadbd', 'mariadbd --basedir=/usr')} --wsrep-new-cluster`;

/** Nodes that are whole once they were asked so often, whose processes are these. */
function driveOf(processes: Readonly<Record<string, string>>, wholeAfter = 0, lines: string[] = []): Drive {
  let asked = 0;
  const status = () => (asked++ < wholeAfter ? STATUS.replaceAll('Synced', 'Donor/Desynced') : STATUS);
  const node = (name: string) => ({
    name,
    close: async () => {},
    run: async ({ argv }: Command) => ({
      ...{ code: 0, signal: null, stderr: '' },
      stdout: argv[0] === 'ps' ? (processes[name] ?? MEMBER) : status(),
    }),
  });
  const idle = idleDrive({});
  const notes = { ...idle.notes, setProgress: async (_: string, { line }: { line: string }) => void lines.push(line) };
  return { ...idle, hosts: { ...idle.hosts, node }, notes, operation: () => awaitingSample().now() };
}

const nodes = NODES.map((node) => ({ node, engine: 'docker' as const }));
const check: Check = {
  ...{ check: 'playbook-ended', action: 'recovery', nodes: [...NODES], host: FIRST },
  unlessWhole: { nodes, container: 'mariadb' },
};
const problem = { code: 'RECOVERY_FAILED', params: { host: SECOND, task: 'Wait for slave MariaDB', said: 'Timeout' } };
const answered: Answered = { check: 'playbook-ended', answer: { recap: [], problem } };

test('is believed, and the node that it left as the first of a new cluster is known', async () => {
  const whole = await overrule(driveOf({}), check, answered, 1_000);
  expect(whole.answer).toEqual({ recap: [], problem: null, overruled: problem });
  const left = await overrule(driveOf({ [FIRST]: FIRST_OF_NEW }), check, answered, 1_000);
  expect(left.answer).toEqual({ recap: [], problem: null, overruled: problem, bootstrapped: FIRST });
});

test('is waited for while a state transfer runs, and people see what for', async () => {
  const lines: string[] = [];
  const whole = await overrule(driveOf({}, NODES.length, lines), check, answered, 60_000);
  expect(whole.answer).toMatchObject({ overruled: problem });
  expect(lines).toEqual([expect.stringMatching(/kolla-ansible has ended.*Donor/)]);
});

/** The last node says nothing at so many looks, while these processes run there, then it is whole. */
async function silentFor(looks: number, process: string, limitMs: number): Promise<Answered> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  const drive = driveOf({ [THIRD]: process });
  let asked = 0;
  const node = (name: string) => {
    const host = drive.hosts.node(name);
    const run = async (command: Command) => {
      if (name !== THIRD || command.argv[0] === 'ps') return host.run(command);
      asked += 1;
      return asked > looks ? host.run(command) : { code: 1, signal: null, stdout: '', stderr: 'not there yet' };
    };
    return { ...host, run };
  };
  const overruled = overrule({ ...drive, hosts: { ...drive.hosts, node } }, check, answered, limitMs);
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  return overruled;
}
const JOINER =
  '  99 /bin/bash -ue /usr//bin/wsrep_sst_mariabackup --role joiner --address 192.0.2.3:4444 --datadir /var/lib/mysql/';

test('waits for a node that says nothing while it takes a state transfer, and for no other', async () => {
  const found = async (looks: number, process: string, limitMs = 3_600_000) =>
    (await silentFor(looks, process, limitMs)).answer;
  // Ten minutes, of which its donor gives only the first.
  expect(await found(200, `${MEMBER}\n${JOINER}`)).toMatchObject({ problem: null, overruled: problem });
  expect(await found(200, MEMBER)).toMatchObject({ problem });
  expect(await found(200, `${MEMBER}\n${JOINER.replace('joiner', 'donor')}`)).toMatchObject({ problem });
  expect(await found(200, `${MEMBER}\n${JOINER}`, 300_000)).toMatchObject({ problem });
});

test('people are told at the step and at the end, until another recovery has ended well', () => {
  const story = awaitingSample();
  story.approve();
  story.begin();
  story.drive('recover');
  const step = story.step('recover');
  story.start(step);
  const left = { check: 'playbook-ended' as const, answer: { recap: [], problem: null, overruled: problem } };
  const about = { plan: 2, step: 'recover', attempt: 1 };
  const claim = story.now().claim?.claim ?? '';
  const ended = (bootstrapped?: string) => ({
    ...{ type: 'step_finished' as const, claim, ...about, outcome: 'worked' as const, exit: { code: 2, signal: null } },
    checks: [{ ...left, answer: { ...left.answer, ...(bootstrapped ? { bootstrapped } : {}) } }],
    problem: null,
  });
  story.tell(ended(THIRD));
  const said = story.told.at(-1) ?? expect.fail('nothing was told');
  const reply = milestoneOf(said.event, said.operation)?.message ?? expect.fail('no reply');
  expect(faults(reply)).toEqual([]);
  expect(JSON.stringify(reply)).toMatch(/first of a new cluster/);
  story.drive();
  story.succeed();
  expect(JSON.stringify(endLines(story.now()))).toMatch(/first of a new cluster/);
  const others = new Map(story.now().attempts);
  const [attempt] = others.get('recover') ?? [];
  if (!attempt?.end) throw new Error('it has not ended');
  others.set('recover', [{ ...attempt, end: { ...attempt.end, after: [left] } }]);
  expect(JSON.stringify(endLines({ ...story.now(), attempts: others }))).not.toMatch(/first of a new cluster/);
});

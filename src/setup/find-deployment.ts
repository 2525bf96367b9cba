import { askInventory, askRelease } from '../engine/probe.ts';
import { findInventoriesCommand, findKollaCommand, projectOf, readPaths } from '../kolla/find-deployment.ts';
import { KollaBackupError } from '../operation/catalogue.ts';
import type { Facts } from '../operation/facts.ts';
import type { Host } from '../operation/host.ts';
import { hostPath } from '../operation/shapes.ts';
import type { Question } from './ask.ts';
import { type CloudInput, type Init, withHosts, wordsOf } from './draft.ts';
import type { HostPlace } from './init-options.ts';

/** Kolla on the deploy host: its command, release, inventories and nodes. */

export type Deployment = Pick<Facts, 'release' | 'dialect' | 'deploy'> & {
  readonly input: Partial<CloudInput>;
  readonly nodes: Awaited<ReturnType<typeof askInventory>>;
  readonly address: string | null;
};

const DEFAULT_PORT = 22;
const READ_MS = 30_000;

/** Rejects with the deploy host's problem, or INIT_ANSWER_NEEDED. */
export async function findDeployment(init: Init, place: HostPlace | null): Promise<Deployment> {
  const { options, tell, warn } = init;
  const base = loginOf(place, init.ssh.user);
  const where = place === null ? 'this machine' : place.address;
  if (place !== null)
    await init.recognise({ name: 'the deploy host', address: place.address, port: place.port ?? DEFAULT_PORT });
  return withHosts(init, { deploy_host: { ...base, executable: '/none' } }, async ({ deploy: host }) => {
    const paths = readPaths(await host.run(findKollaCommand));
    const program: Question = { what: 'Path of kolla-ansible on the deploy host', option: '--kolla-ansible' };
    const { answer: executable, result } = await settle(init, options.executable, paths, program, (path) =>
      askRelease(host, absolute(path)),
    );
    tell(`${where}: kolla-ansible ${result.release}, ${executable}`);
    if (result.newer) warn('This release is newer than those that are known; the plan of every operation will say so.');
    const { configDirectory } = options;
    const extraArguments = [...options.extraArguments];
    if (!(await readable(host, `${configDirectory}/globals.yml`)))
      warn(`${configDirectory}/globals.yml cannot be read there: give the directory as --config-directory.`);
    const project = projectOf(executable);
    const cwd = executable.startsWith(`${project}/bin/`) ? '/' : project;
    const deploy = { executable, cwd, configDirectory, extraArguments };
    const known = readPaths(await host.run(findInventoriesCommand(executable, configDirectory)));
    const files: Question = {
      what: 'Inventories, as given to kolla-ansible with -i, in that order, with blanks between',
      option: '--inventory',
    };
    const given = options.inventories.length > 0 ? options.inventories.join(' ') : undefined;
    const { answer: inventories, result: nodes } = await settle(init, given, known, files, (text) =>
      askInventory(host, { ...deploy, inventories: split(text).map(absolute) }),
    );
    tell(`${where}: ${nodes.length} nodes in the group mariadb: ${nodes.map(({ name }) => name).join(', ')}`);
    const input: Partial<CloudInput> = {
      deploy_host: {
        ...base,
        executable,
        ...(cwd === '/' ? {} : { cwd }),
        ...(configDirectory === '/etc/kolla' ? {} : { config_directory: configDirectory }),
        ...(extraArguments.length > 0 ? { extra_arguments: extraArguments } : {}),
      },
      inventories: split(inventories),
    };
    const { release, dialect } = result;
    return {
      release,
      dialect,
      deploy: { ...deploy, inventories: split(inventories) },
      input,
      nodes,
      address: place?.address ?? null,
    };
  });
}

const split = (text: string) => text.split(/\s+/).filter((path) => path !== '');

function absolute(path: string): string {
  const { error } = hostPath.safeParse(path);
  if (error === undefined) return path;
  throw new KollaBackupError('INIT_ANSWER_WRONG', { option: path, reason: `it is not ${error.issues[0]?.message}` });
}

function loginOf(place: HostPlace | null, usual: string) {
  if (place === null) return { local: true as const, ...(process.getuid?.() === 0 ? {} : { sudo: true }) };
  const { user, ...address } = place;
  if (user === undefined || user === usual) return { ssh: address };
  return { ssh: { ...address, user, sudo: user !== 'root' } };
}

/**
 * The answer that works: the given one, the only one that was found, or that of a person, who is asked again until one
 * does. Where nobody can be asked it rejects with the problem.
 */
async function settle<T>(
  { ask, tell }: Init,
  given: string | undefined,
  found: readonly string[],
  question: Question,
  attempt: (answer: string) => Promise<T>,
): Promise<{ readonly answer: string; readonly result: T }> {
  const [only, another] = found;
  const asking = () => ask.text({ ...question, proposed: found.join(' ') });
  let answer = given ?? (another === undefined && only !== undefined ? only : await asking());
  for (;;) {
    try {
      return { answer, result: await attempt(answer) };
    } catch (error) {
      if (!(error instanceof KollaBackupError) || !ask.terminal) throw error;
      tell(wordsOf(error.problem));
      answer = await asking();
    }
  }
}

async function readable(host: Host, path: string): Promise<boolean> {
  return (await host.run({ argv: ['test', '-r', path], timeoutMs: READ_MS })).code === 0;
}

import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { Config } from '../config.ts';
import { connectClouds } from '../connect.ts';
import { agentIdentities } from '../hosts/ssh-agent.ts';
import type { SshHop, SshTarget } from '../hosts/ssh-target.ts';
import { ENGINE_MS } from '../kolla/containers.ts';
import type { Host } from '../operation/host.ts';
import { whereFrom } from './ask-host.ts';
import { askDeployLogin, askLogin, type Login, placeOf } from './logins.ts';
import { type HostRights, type JumpRights, programsOf } from './rights.ts';
import { see } from './see.ts';

/** Where sudo looks for programs, whatever the login's own path. */
const SECURE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** A fixed program: prints where each of its arguments is. */
const PLACES = `PATH=${SECURE_PATH}
for program; do command -v "$program"; done
exit 0`;

type Rights = { readonly hosts: readonly HostRights[]; readonly jumps: readonly JumpRights[] };

/** What each host of these clouds must let the bot do. Needs no rights there; what can't be asked is left open. */
export async function askRights(config: Config, clouds: readonly string[], agent: string | undefined): Promise<Rights> {
  const connected = connectClouds(config, agent);
  const terms = { defaults: config.ssh, agent };
  try {
    const found = clouds.map(async (id) => {
      const [cloud, hosts] = [config.clouds[id], connected.hostsOf(id)];
      if (cloud === undefined || hosts === null) throw new TypeError(`${id} is not in the config`);
      const deploy = async () => {
        const login = await askDeployLogin(cloud, terms);
        return rightsOf(hosts.deploy, login, { name: `${id}: deploy host`, role: 'deploy host', engine: null });
      };
      const node = async (name: string, { ssh, engine }: (typeof cloud.nodes)[string]) =>
        rightsOf(hosts.node(name), await askLogin(name, ssh, terms), { name: `${id}: ${name}`, role: 'node', engine });
      return Promise.all([deploy(), ...Object.entries(cloud.nodes).map(([name, one]) => node(name, one))]);
    });
    const all = (await Promise.all(found)).flat();
    return {
      hosts: all.map(({ rights }) => rights),
      jumps: await jumpRights(all.flatMap(({ target }) => target ?? [])),
    };
  } finally {
    await connected.close();
  }
}

type Known = Pick<HostRights, 'name' | 'role' | 'engine'>;

async function rightsOf(host: Host, { user, sudo, target }: Login, known: Known) {
  const programs = programsOf(known);
  const [from, places, keys] = await Promise.all([
    see(() => whereFrom(host)),
    see(() => host.run({ argv: ['sh', '-c', PLACES, 'sh', ...programs], timeoutMs: ENGINE_MS, privileged: false })),
    'seen' in target ? keysOf(target.seen) : { keys: [], certified: false },
  ]);
  const rights: HostRights = {
    ...{ ...known, user, sudo, ...keys },
    from: 'seen' in from ? from.seen : null,
    places: 'seen' in places ? readPlaces(places.seen.stdout, programs) : {},
  };
  return { rights, target: 'seen' in target ? target.seen : null };
}

/** What each jump host forwards to: the next one on the way, or the host itself. */
async function jumpRights(targets: readonly SshTarget[]): Promise<readonly JumpRights[]> {
  const hops = new Map<string, { hop: SshHop; to: Set<string> }>();
  for (const target of targets)
    for (const [index, hop] of target.jump.entries()) {
      const name = `${hop.user}@${placeOf(hop)}`;
      const one = hops.get(name) ?? { hop, to: new Set<string>() };
      hops.set(name, one);
      one.to.add(placeOf(target.jump[index + 1] ?? target));
    }
  const all = [...hops].map(async ([name, { hop, to }]) => ({ name, to: [...to], ...(await keysOf(hop)) }));
  return Promise.all(all);
}

/** A path is put into a file that sudo reads, so only a plain one counts. */
const PLAIN_PATH = /^\/[A-Za-z0-9_./+-]+$/;

function readPlaces(stdout: string, programs: readonly string[]): Record<string, string> {
  const lines = stdout.split('\n').filter((line) => PLAIN_PATH.test(line));
  return Object.fromEntries(
    programs.flatMap((name) => {
      const place = lines.find((line) => line.endsWith(`/${name}`));
      return place === undefined ? [] : [[name, place]];
    }),
  );
}

/** The public keys that are offered there, as `type base64`; and whether certificates are. */
async function keysOf({ keyFiles, certificateFiles, agent, othersOfAgent }: SshHop) {
  const files = await Promise.all(keyFiles.map(publicKey));
  const held = agent !== null && othersOfAgent ? await agentIdentities(agent).catch(() => []) : [];
  const others = held.map(({ type, blob }) => `${type} ${blob.toString('base64')}`);
  const keys = [...files.filter((key) => key !== null), ...others.filter((key) => !/-cert-v0\d@/.test(key))];
  return { keys, certified: certificateFiles.length > 0 };
}

/** The public half of a key, from the file beside it or from itself; null where neither tells. */
async function publicKey(file: string): Promise<string | null> {
  const beside = await readFile(`${file}.pub`, 'utf8').catch(() => '');
  const own = await readFile(file).catch(() => null);
  for (const content of [beside.trim(), own]) {
    if (content === null || content.length === 0) continue;
    const parsed = ssh2.utils.parseKey(content);
    const key = parsed instanceof Error ? undefined : [parsed].flat()[0];
    if (key !== undefined) return `${key.type} ${key.getPublicSSH().toString('base64')}`;
  }
  return null;
}

import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { CloudConfig, Config } from '../config.ts';
import { connectClouds } from '../connect.ts';
import { ENGINE_MS } from '../kolla/containers.ts';
import type { Host } from '../operation/host.ts';
import { whereFrom } from './ask-host.ts';
import { deployLogin, loginOf } from './logins.ts';
import { type HostRights, programsOf } from './rights.ts';
import { see } from './see.ts';

/** Where sudo looks for programs, whatever the login's own path. */
const SECURE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** A fixed program: prints where each of its arguments is. */
const PLACES = `PATH=${SECURE_PATH}
for program; do command -v "$program"; done
exit 0`;

/** What each host of these clouds must let the bot do. Needs no rights there; what can't be asked is left open. */
export async function askRights(config: Config, clouds: readonly string[]): Promise<readonly HostRights[]> {
  const connected = connectClouds(config);
  try {
    const found = clouds.map(async (id) => {
      const [cloud, hosts] = [config.clouds[id], connected.hostsOf(id)];
      if (cloud === undefined || hosts === null) throw new TypeError(`${id} is not in the config`);
      const deploy = deployRights(config, id, cloud, hosts.deploy);
      const nodes = Object.entries(cloud.nodes).map(([name, { ssh, engine }]) => {
        const { user, sudo } = loginOf(config.ssh, ssh);
        const keyFiles = ssh.key_files ?? config.ssh.key_files ?? [];
        return rightsOf(hosts.node(name), keyFiles, { name: `${id}: ${name}`, role: 'node', user, sudo, engine });
      });
      return Promise.all([...deploy, ...nodes]);
    });
    return (await Promise.all(found)).flat();
  } finally {
    await connected.close();
  }
}

type Known = Pick<HostRights, 'name' | 'role' | 'user' | 'sudo' | 'engine'>;

function deployRights(config: Config, id: string, cloud: CloudConfig, host: Host): Promise<HostRights>[] {
  const { user, sudo, place } = deployLogin(config.ssh, cloud);
  const keyFiles = place === null ? [] : (cloud.deploy_host.ssh?.key_files ?? config.ssh.key_files ?? []);
  return [rightsOf(host, keyFiles, { name: `${id}: deploy host`, role: 'deploy host', user, sudo, engine: null })];
}

async function rightsOf(host: Host, keyFiles: readonly string[], known: Known): Promise<HostRights> {
  const programs = programsOf(known);
  const [from, places, keys] = await Promise.all([
    see(() => whereFrom(host)),
    see(() => host.run({ argv: ['sh', '-c', PLACES, 'sh', ...programs], timeoutMs: ENGINE_MS, privileged: false })),
    Promise.all(keyFiles.map(publicKey)),
  ]);
  return {
    ...known,
    from: 'seen' in from ? from.seen : null,
    places: 'seen' in places ? readPlaces(places.seen.stdout, programs) : {},
    keys: keys.filter((key) => key !== null),
  };
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

/** The public half of a private key, from the file beside it or from itself; null where neither tells. */
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

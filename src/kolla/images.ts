import type { Command, Outcome } from '../operation/host.ts';
import type { NodeRef } from '../operation/shapes.ts';
import { ENGINE_MS } from './containers.ts';
import { parseServerVersion } from './xtrabackup.ts';

/**
 * Which MariaDB an image holds. A newer one cannot prepare what an older major version backed up, so it is the image of
 * back then that restores such an archive: to prepare it, and to run on it.
 */

/** How long a container that only prints its version may take (ms). */
const VERSION_MS = 60_000;
/** How many images of a node are asked. */
const ASKED_MAX = 6;

/** The version of the server in an image (id or name): a container without network, mounts and capabilities, gone at once. */
export function imageVersionCommand({ engine }: NodeRef, image: string): Command {
  const alone = ['--pull=never', '--network', 'none', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
  const script = '"$(command -v mariadbd || command -v mysqld)" --version';
  return { argv: [engine, 'run', '--rm', ...alone, '--entrypoint', 'sh', image, '-c', script], timeoutMs: VERSION_MS };
}

/** The version of `imageVersionCommand`'s answer; null where it isn't one. */
export function readImageVersion({ code, stdout }: Outcome): ReturnType<typeof parseServerVersion> | null {
  const told = code === 0 ? /\bVer (\d[\w.+-]*)/.exec(stdout)?.[1] : undefined;
  return (told && parseServerVersion(told)) || null;
}

/** An image as an engine has it; the name is what recovery is given. */
export type Image = { readonly id: string; readonly name: string };

/** Prints id and name of each image of a node. */
export function imagesCommand({ engine }: NodeRef): Command {
  const format = '{{.ID}} {{.Repository}}:{{.Tag}}';
  return { argv: [engine, 'image', 'ls', '--no-trunc', '--format', format], timeoutMs: ENGINE_MS };
}

/** Podman lists ids with their algorithm and inspects them without. */
const bare = (id: string) => id.replace(/^sha256:/, '');

/** The images of MariaDB's server among those of a node, by Kolla's name of it; none of `except`'s id. */
export function serverImages({ code, stdout }: Outcome, except: string): readonly Image[] {
  if (code !== 0) return [];
  const images = stdout.split('\n').flatMap((line) => {
    const found = /^((?:sha256:)?[0-9a-f]{12,64}) (\S*mariadb-server:[\w][\w.-]{0,127})$/.exec(line);
    return found?.[1] && found[2] && bare(found[1]) !== bare(except) ? [{ id: found[1], name: found[2] }] : [];
  });
  return images.slice(0, ASKED_MAX);
}

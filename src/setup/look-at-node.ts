import type { CloudHosts } from '../engine/hosts.ts';
import { containerStateCommand, ENGINE_MS } from '../kolla/containers.ts';
import { MARIADB, MARIADB_UNIT } from '../kolla/names.ts';
import { KollaBackupError, type Problem } from '../operation/catalogue.ts';
import { engineName, type NodeRef } from '../operation/shapes.ts';

type Engine = NodeRef['engine'];

/** What a node tells of itself. `engine` is null where neither has the container or is there alone. */
export type NodeLook =
  | { readonly kind: 'seen'; readonly engine: Engine | null; readonly container: boolean; readonly unit: boolean }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Exit codes of a program that isn't there, or may not be started. */
const NO_PROGRAM = [126, 127];

/** Which engine has the MariaDB container, and whether a systemd unit keeps it. */
export async function lookAtNode(hosts: CloudHosts, name: string): Promise<NodeLook> {
  const host = hosts.node(name);
  const there: Engine[] = [];
  try {
    // A login that may do nothing is told first, not an engine that isn't there.
    const unit = await host.run({ argv: ['systemctl', 'cat', MARIADB_UNIT], timeoutMs: ENGINE_MS });
    for (const engine of engineName.options) {
      const { code } = await host.run(containerStateCommand({ node: name, engine }, MARIADB));
      if (code === 0) return { kind: 'seen', engine, container: true, unit: unit.code === 0 };
      if (code !== null && !NO_PROGRAM.includes(code)) there.push(engine);
    }
    const [only, another] = there;
    return {
      kind: 'seen',
      engine: another === undefined ? (only ?? null) : null,
      container: false,
      unit: unit.code === 0,
    };
  } catch (error) {
    if (!(error instanceof KollaBackupError)) throw error;
    return { kind: 'problem', problem: error.problem };
  }
}

import { z } from 'zod';
import { engineName, hostPath, RELEASE_CHARS } from './checks.ts';
import { hostName } from './ids.ts';

/** What the probe of a cloud found: all that planning may use. */
export const facts = z.strictObject({
  /** `kolla-ansible --version`, e.g. 17.9.0. */
  release: z.string().max(RELEASE_CHARS),
  dialect: z.enum(['bash']),
  deploy: z.strictObject({
    executable: hostPath,
    cwd: hostPath,
    configDirectory: hostPath,
    inventories: z.array(hostPath).min(1),
    extraArguments: z.array(z.string().max(500)),
  }),
  /** The hosts of the inventory's group `mariadb`, in its order. */
  nodes: z.array(z.strictObject({ name: hostName, address: z.string().max(255), engine: engineName })).min(1),
  backupHost: hostName,
});
export type Facts = z.infer<typeof facts>;

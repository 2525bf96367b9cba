import { type Entries, NOTHING } from './entry.ts';

/** A restore without nodes that are gone. */
export const gone = {
  NODE_NOT_GONE: {
    wrong: '{host} is called gone, and it is there: {how}.',
    done: 'MariaDB was not stopped for this restore.',
    next: 'Switch it off and keep it off until the restore has ended, or restore the whole cluster, with it.',
  },
  WITHOUT_UNKNOWN: {
    wrong: '{host} is called gone, and is no node of the inventory’s group mariadb.',
    done: NOTHING,
    next: 'Ask again, and choose one of the nodes.',
  },
  WITHOUT_TOO_MANY: {
    wrong: '{gone} are half of the {all} nodes or more.',
    done: NOTHING,
    next: 'That many could come back as a cluster of their own, with the old data. Bring one back first, or take them out of the inventory and the config for good.',
  },
  INVENTORY_NOT_AS_PLANNED: {
    wrong: 'The inventory {path} is not what was planned: it holds {found}.',
    done: 'MariaDB was not stopped for this restore.',
    next: 'See whether the deployment’s inventory or that file was changed, then ask for the restore again.',
  },
} as const satisfies Entries;

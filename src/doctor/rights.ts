/**
 * The least that a host must let the bot do. Pure: text for people to read and put where it belongs.
 *
 * Honest about what it amounts to: python3 as root is root, and so is a container engine. The list keeps the login from
 * running anything else by accident, and from being used for anything but commands.
 */

type Role = 'node' | 'deploy host';

/** What is run through sudo: by the operations' questions and steps, and by the doctor. A step's own programs run under python3. */
export const PROGRAMS = {
  node: ['python3', 'cat', 'df', 'du', 'ps', 'sed', 'tail'],
  'deploy host': ['python3', 'env', 'grep', 'ps'],
} as const satisfies Record<Role, readonly string[]>;

/** What one host is to the bot. `places`: where its programs are; empty where it couldn't be asked. */
export type HostRights = {
  readonly name: string;
  readonly role: Role;
  readonly user: string;
  readonly sudo: boolean;
  readonly engine: string | null;
  readonly places: Readonly<Record<string, string>>;
  /** Where the bot's connections come from, as the host sees it; null where it couldn't be asked. */
  readonly from: string | null;
  /** `type base64`, as authorized_keys has them. */
  readonly keys: readonly string[];
  /** It is shown a certificate: where its authority is trusted, no key is needed. */
  readonly certified: boolean;
};

/** A host on the way to others. `to`: `address:port` of those that it forwards to. */
export type JumpRights = Pick<HostRights, 'name' | 'keys' | 'certified'> & { readonly to: readonly string[] };

export const programsOf = ({ role, engine }: Pick<HostRights, 'role' | 'engine'>): readonly string[] => [
  ...PROGRAMS[role],
  ...(engine === null ? [] : [engine]),
];

/** One block a host that needs another, each a file of its own. */
export function sudoers(hosts: readonly HostRights[]): string {
  return blocks(
    hosts,
    (host) => {
      if (host.user === 'root') return ['# The login is root: no sudoers file is needed.'];
      if (!host.sudo)
        return [
          `# The login is ${host.user} and sudo is not set for it: set \`sudo: true\` in the config, then this is what it needs.`,
          ...rules(host),
        ];
      return rules(host);
    },
    '/etc/sudoers.d/kolla-backup, mode 0440 (try it with visudo -c)',
    [
      '# python3 as root is root, and so is a container engine: this keeps the login to what the bot really runs,',
      '# not from what root can do. Whoever has its key has the host.',
    ],
  );
}

function rules(host: HostRights): string[] {
  const { user, places, role } = host;
  const alias = role === 'node' ? 'KOLLA_BACKUP_NODE' : 'KOLLA_BACKUP_DEPLOY'; // one machine may be both
  const programs = programsOf(host).map((name) => places[name] ?? `/usr/bin/${name}`);
  const unsure =
    Object.keys(places).length === 0
      ? ['# It could not be asked where its programs are; these are the usual places.']
      : [];
  return [
    ...unsure,
    `Defaults:${user} !requiretty`,
    `Cmnd_Alias ${alias} = ${programs.toSorted().join(', ')}`,
    `${user} ALL=(root) NOPASSWD: ${alias}`,
  ];
}

export function authorizedKeys(hosts: readonly HostRights[], jumps: readonly JumpRights[]): string {
  const where = '~/.ssh/authorized_keys of the login';
  const unasked = '# It could not be asked where the bot comes from: add from="ADDRESS" of every worker.';
  const onHosts = blocks(
    hosts,
    (host) => [
      ...(host.from === null ? [unasked] : []),
      ...keyLines(`restrict${host.from === null ? '' : `,from="${host.from}"`}`, host),
    ],
    where,
    [
      '# restrict: no terminal, no forwarding, no agent, no rc file; from: only where the bot runs now. Add the address',
      '# of every worker. A forced command is no use on a host: what is run differs with each question.',
    ],
  );
  const onJumps = jumps.map(({ name, to, ...keys }) => {
    const permitted = to.map((one) => `,permitopen="${one}"`).join('');
    const lines = keyLines(`restrict,port-forwarding${permitted},command="/bin/false"`, keys);
    return `# On the jump host ${name}: ${where}. It forwards, and runs nothing.\n${lines.join('\n')}\n`;
  });
  return [onHosts, ...onJumps].join('\n');
}

function keyLines(options: string, { keys, certified }: Pick<HostRights, 'keys' | 'certified'>): string[] {
  const trusted = certified
    ? ['# It is shown a certificate too; where its authority is trusted, no key is needed here.']
    : [];
  if (keys.length === 0)
    return [...trusted, '# The public key could not be read; put it behind these options.', options];
  return [...trusted, ...keys.map((key) => `${options} ${key} kolla-backup`)];
}

/** Hosts that need the same text stand together. */
function blocks(
  hosts: readonly HostRights[],
  linesOf: (host: HostRights) => readonly string[],
  where: string,
  head: readonly string[],
): string {
  const groups = new Map<string, HostRights[]>();
  for (const host of hosts) {
    const text = linesOf(host).join('\n');
    groups.set(text, [...(groups.get(text) ?? []), host]);
  }
  const told = [...groups].map(
    ([text, those]) => `# On ${those.map(({ name }) => name).join(', ')}: ${where}\n${text}\n`,
  );
  return `${head.join('\n')}\n\n${told.join('\n')}`;
}

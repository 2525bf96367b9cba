import type { Cloud } from '../../lab/cloud-type.ts';

/** What kolla-ansible was started for on the deploy host: told by the host, not by the bot. */
export type Started = 'backup' | 'stop' | 'recovery';
export type Starts = {
  /** All since the counter was put there, in their order. */
  all(): Promise<Started[]>;
  /** Lets the next starts of this kind wait until the answer is called. */
  hold(kind: Started): Promise<() => Promise<void>>;
};

const STARTS = '/var/log/kolla-ansible-starts';
const COUNTER = `#!/bin/sh
case " $* " in
  *" mariadb_backup "*) kind=backup ;;
  *" stop "*) kind=stop ;;
  *recovery*) kind=recovery ;;
  *) exec "$0.real" "$@" ;;
esac
echo $kind >> ${STARTS}
while [ -e ${STARTS}.$kind ]; do sleep 0.1; done
exec "$0.real" "$@"
`;

/** Puts a counter before kolla-ansible, which begins anew; again after `cloud.reset`. */
export async function countStarts({ deploy, kollaAnsible }: Pick<Cloud, 'deploy' | 'kollaAnsible'>): Promise<void> {
  const script = `[ -e "$0.real" ] || mv "$0" "$0.real"; cat > "$0"; chmod 755 "$0"; rm -f ${STARTS}*`;
  await deploy.must(['sh', '-c', script, kollaAnsible], { stdin: COUNTER });
}

/** What the counter says. */
export function startsOf({ deploy }: Pick<Cloud, 'deploy'>): Starts {
  return {
    all: async () => {
      const { stdout } = await deploy.exec(['cat', STARTS]);
      return stdout.split('\n').filter((line): line is Started => line !== '');
    },
    hold: async (kind) => {
      await deploy.must(['touch', `${STARTS}.${kind}`]);
      return async () => void (await deploy.must(['rm', '-f', `${STARTS}.${kind}`]));
    },
  };
}

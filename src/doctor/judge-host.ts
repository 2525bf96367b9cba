import type { HostFacts } from './ask-host.ts';
import { bad, bytes, good, judged, unknown, type Verdict, warning, worrying } from './check.ts';
import type { Outlived } from './detached.ts';
import type { Look } from './look.ts';
import type { CheckId } from './titles.ts';

/** What is found of a host, whichever it is. */

/** A clock that is off by more (ms) is told, and by still more is wrong. */
export const CLOCK_WORRY_MS = 2_000;
export const CLOCK_OFF_MS = 30_000;
/** What a run directory's file system must have free: the output of the steps of some operations. */
const RUN_BYTES = 64 * 1_048_576;
const RUN_INODES = 1_000;
/** File systems that a reboot empties. */
const VOLATILE: ReadonlySet<string> = new Set(['tmpfs', 'ramfs', 'devtmpfs']);

export function judgeHost(facts: HostFacts): readonly { readonly id: CheckId; readonly verdict: Verdict }[] {
  const { login } = facts;
  const at = login.place === null ? 'this machine itself' : `${login.user} at ${login.place}`;
  return [
    {
      id: 'host.login',
      verdict: judged(facts.from, (from) =>
        good(from === null ? `Logged in as ${at}.` : `Logged in as ${at}, from ${from}; its host key is on file.`),
      ),
    },
    { id: 'host.rights', verdict: judged(facts.look, (look) => judgeRights(facts, look)) },
    { id: 'host.clock', verdict: judged(facts.look, (look) => judgeClock(facts.name, look)) },
    { id: 'host.space', verdict: judged(facts.look, (look) => judgeSpace(facts.name, look)) },
    { id: 'host.detached', verdict: judged(facts.outlived, (trial) => judgeDetached(facts, trial)) },
  ];
}

function judgeRights({ name, login }: HostFacts, { uid, python }: Look): Verdict {
  if (uid !== 0) return bad({ code: 'HOST_NOT_ROOT', params: { host: name, user: login.user, uid: String(uid) } });
  return good(`Root${login.sudo ? ' through sudo, without a password' : ''}; python3 is ${python}.`);
}

/** What the way there and back may have taken counts for the host. */
function judgeClock(host: string, { aheadMs, unsureMs }: Look): Verdict {
  const off = Math.max(0, Math.abs(aheadMs) - unsureMs);
  const seconds = String(Math.round(off / 100) / 10);
  const problem = {
    code: 'HOST_CLOCK_OFF',
    params: { host, seconds, direction: aheadMs > 0 ? 'ahead of' : 'behind' },
  } as const;
  if (off > CLOCK_OFF_MS) return bad(problem);
  if (off > CLOCK_WORRY_MS) return worrying(problem);
  return good(`Within ${CLOCK_WORRY_MS / 1000} s of this machine’s.`);
}

function judgeSpace(host: string, { space }: Look): Verdict {
  const params = { host, path: space.at, free: bytes(space.bytes), needed: bytes(RUN_BYTES) };
  if (space.bytes < RUN_BYTES) return bad({ code: 'RUN_SPACE_SHORT', params });
  if (space.inodes !== null && space.inodes < RUN_INODES)
    return bad({
      code: 'RUN_SPACE_SHORT',
      params: { ...params, free: `${space.inodes} inodes`, needed: String(RUN_INODES) },
    });
  if (VOLATILE.has(space.kind))
    return warning(
      `The run directory on ${host} would lie in memory (${space.kind} at ${space.at}) and be forgotten at a reboot.`,
      'Name a run_directory in the config that lies on a disk: it is what keeps a step from being run twice.',
    );
  return good(`${params.free} free for the run directory (at ${space.at}).`);
}

function judgeDetached({ name, login }: HostFacts, { by, note, ended }: Outlived): Verdict {
  const died = (how: string) => bad({ code: 'RUN_OUTLIVES_NOT', params: { host: name, how } });
  if (login.place === null && by === 'setsid')
    return warning(
      'The deploy host is this machine, and no systemd unit takes a detached run: it may end with the worker’s own service.',
      'Run the worker as root, or set KillMode=process in the unit of the worker.',
    );
  switch (ended.state) {
    case 'finished':
      if (ended.code !== 0) return died(`it ended with ${ended.code ?? `signal ${ended.signal}`}`);
      break;
    case 'running':
    case 'sent':
      return unknown(`A trial run was still ${ended.state === 'sent' ? 'not begun' : 'running'} after half a minute.`);
    default:
      return died('its processes were gone, and it left no exit code');
  }
  const unit = by === 'systemd' ? 'as a transient systemd unit' : 'in a session of its own (there is no systemd)';
  const why = note === null ? '' : ` systemd did not take it: ${note}.`;
  return good(`A trial run outlived its login, ${unit}.${why}`);
}

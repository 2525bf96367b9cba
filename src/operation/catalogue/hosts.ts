import { type Entries, NOTHING } from './entry.ts';

/** Hosts that cannot be asked, or not safely. */
export const hosts = {
  HOST_UNREACHABLE: {
    wrong: '{host} could not be reached over SSH ({reason}).',
    done: 'Nothing was sent to it.',
    next: 'Check that the host is up and that its address and port (22 where none is given) are right, in the config or as init was told them.',
  },
  HOST_TIMEOUT: {
    wrong: '{host} did not answer within {seconds} s.',
    done: 'Whether the question reached it is not known.',
    next: 'Check the load and the network of the host.',
  },
  HOST_CONNECTION_LOST: {
    wrong: 'The connection to {host} broke before the answer was complete.',
    done: 'Whether the command ran is not known.',
    next: 'Check the network and sshd of the host. The next question connects anew.',
  },
  HOST_OUTPUT_TOO_LARGE: {
    wrong: '{host} answered with more than {bytes} bytes.',
    done: 'The answer was thrown away. The command was given up; it may have run to its end.',
    next: 'This is a limit of kolla-backup; report which command it was.',
  },
  HOST_PROGRAM_FAILED: {
    wrong: 'The program {program} gave no readable answer on {host}; it ended with {ended}: {said}',
    done: 'The program only reads; nothing was changed.',
    next: 'Check that python3 (3.6 or later) works on the host, and that its disk and memory are not full; then ask again.',
  },
  ENGINE_FAILED: {
    wrong: '{engine} on {host} could not answer ({reason}).',
    done: NOTHING,
    next: 'Check that the engine runs there and that the login may use it (sudo in the config).',
  },
  HOST_ANSWER_UNREADABLE: {
    wrong: '{host} answered something unexpected ({reason}).',
    done: NOTHING,
    next: 'Try the question by hand on that host; the log of the worker names it.',
  },
} as const satisfies Entries;

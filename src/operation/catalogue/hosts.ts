import { type Entries, NOTHING } from './entry.ts';

/** Hosts that cannot be asked, or not safely. */
export const hosts = {
  HOST_UNREACHABLE: {
    wrong: '{host} could not be reached over SSH ({reason}).',
    done: 'Nothing was sent to it.',
    next: 'Check that the host is up and that its address and port in the config are right.',
  },
  HOST_KEY_UNKNOWN: {
    wrong: 'The SSH host key of {host} ({fingerprint}) is not in {file}.',
    done: 'The connection was closed before anything was sent.',
    next: 'Compare the fingerprint on the host itself, then add the key to the known_hosts file.',
  },
  HOST_KEY_CHANGED: {
    wrong: 'The SSH host key of {host} ({fingerprint}) is not the one in {file}.',
    done: 'The connection was closed before anything was sent.',
    next: 'Find out why it changed: the host may have been reinstalled, or be another machine. Then correct the known_hosts file.',
  },
  HOST_LOGIN_REFUSED: {
    wrong: '{host} refused the login of {user}.',
    done: 'Nothing was sent to it.',
    next: 'Check the user, the key file and authorized_keys on the host.',
  },
  HOST_TIMEOUT: {
    wrong: '{host} did not answer within {seconds} s.',
    done: 'Whether the question reached it is not known.',
    next: 'Check the load and the network of the host.',
  },
  SUDO_REFUSED: {
    wrong: '{host} does not let {user} run commands through sudo without a password.',
    done: NOTHING,
    next: 'Give the user the right in sudoers (NOPASSWD), or log in as root.',
  },
  HOST_KEY_REVOKED: {
    wrong: 'The SSH host key of {host} ({fingerprint}) is marked as revoked in {file}.',
    done: 'The connection was closed before anything was sent.',
    next: 'Do not connect to this host: find out who uses a key that was revoked, and give the host a new one.',
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
  SSH_KEY_ENCRYPTED: {
    wrong: 'The private key {file} is encrypted, and nobody is there to type its passphrase.',
    done: NOTHING,
    next: 'Name a key without passphrase that only this user can read, made for this purpose.',
  },
  SSH_KEY_UNUSABLE: {
    wrong: 'The private key {file} can not be used ({reason}).',
    done: NOTHING,
    next: 'Check the path, the rights of the file, and that it is a private key in OpenSSH or PEM format.',
  },
  KNOWN_HOSTS_UNREADABLE: {
    wrong: 'The known_hosts files ({file}) could not be searched ({reason}).',
    done: NOTHING,
    next: 'Check that ssh-keygen is installed here and that the files can be read.',
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

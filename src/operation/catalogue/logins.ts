import { type Entries, NOTHING } from './entry.ts';

const CLOSED = 'The connection was closed before anything was sent.';

/** Hosts that aren't recognised, or don't let us in, or not as root. */
export const logins = {
  HOST_KEY_UNKNOWN: {
    wrong: 'The SSH host key of {host} ({fingerprint}) is not in {file}.',
    done: CLOSED,
    next: 'Compare the fingerprint on the host itself, then add the key to the known_hosts file.',
  },
  HOST_KEY_CHANGED: {
    wrong: 'The SSH host key of {host} ({fingerprint}) is not the one in {file} ({expected}).',
    done: CLOSED,
    next: 'Find out why it changed: the host may have been reinstalled, or be another machine. Then correct the known_hosts file.',
  },
  HOST_KEY_OF_OTHER_TYPE: {
    wrong:
      'The SSH host key of {host} ({fingerprint}) is of another type than those in {file} ({expected}), which it no longer shows.',
    done: CLOSED,
    next: 'Find out why the host lost the key on file; compare the fingerprint on the host itself, then add the key to the known_hosts file.',
  },
  HOST_KEY_BY_AUTHORITY_ONLY: {
    wrong: '{file} knows {host} only by who signs its key (@cert-authority), and host certificates are not supported.',
    done: CLOSED,
    next: 'Compare its own key ({fingerprint}) on the host itself, then add that to the known_hosts file, too.',
  },
  HOST_KEY_REVOKED: {
    wrong: 'The SSH host key of {host} ({fingerprint}) is marked as revoked in {file}.',
    done: CLOSED,
    next: 'Do not connect to this host: find out who uses a key that was revoked, and give the host a new one.',
  },
  HOST_ALGORITHMS_DIFFER: {
    wrong: '{host} could not agree on how to encrypt the SSH connection ({reason}).',
    done: NOTHING,
    next: 'Let its sshd offer what OpenSSH has by default today; SHA-1 and host certificates alone are not supported.',
  },
  HOST_LOGIN_REFUSED: {
    wrong: '{host} refused the login of {user}. It was shown: {offered}.',
    done: 'Nothing was sent to it.',
    next: "Check the user, and that the line of the key's .pub file stands in that user's authorized_keys on the host (for a certificate: its authority in TrustedUserCAKeys).",
  },
  HOST_LOGIN_WANTS_MORE: {
    wrong: '{host} does not let {user} in by a key alone; it asks for more: {methods}.',
    done: 'Nothing was sent to it.',
    next: 'Nobody is there to answer: let sshd take a key alone for this user (AuthenticationMethods publickey in a Match block).',
  },
  HOST_LOGIN_CUT_SHORT: {
    wrong: '{host} ended the login of {user} at try {tried}: it allows no more (MaxAuthTries).',
    done: 'Nothing was sent to it.',
    next: 'Name in key_files just the key that it accepts; with an agent, its public half.',
  },
  JUMP_REFUSED: {
    wrong: 'The jump host {jump} does not forward to {host} ({target}).',
    done: 'Nothing was sent to {host}.',
    next: 'Allow it there (AllowTcpForwarding, PermitOpen and, in authorized_keys, permitopen), or name another jump host.',
  },
  SSH_KEY_ENCRYPTED: {
    wrong: 'The private key {file} is encrypted, and nobody is there to type its passphrase.',
    done: NOTHING,
    next: 'Load it into an agent and name that (ssh.agent), or name a key without passphrase that only this user can read.',
  },
  SSH_KEY_UNUSABLE: {
    wrong: 'The key {file} can not be used ({reason}).',
    done: NOTHING,
    next: 'Check the path, the rights of the file, and that it is a private key in OpenSSH or PEM format; of a key in an agent, the public half.',
  },
  SSH_KEY_NOT_IN_AGENT: {
    wrong: 'The agent {agent} does not hold the private key of {file}.',
    done: NOTHING,
    next: 'Load it there (ssh-add); after each restart of the agent again.',
  },
  SSH_CERTIFICATE_UNUSABLE: {
    wrong: 'The certificate {certificate} can not be used ({reason}).',
    done: NOTHING,
    next: 'Have one signed anew, for the user that logs in and the key that is configured; it is read at the next connection.',
  },
  SSH_AGENT_UNUSABLE: {
    wrong: 'The SSH agent {agent} could not be used ({reason}).',
    done: NOTHING,
    next: 'Check that it runs, as the same user as this program (it talks to no other), and that its keys ask nobody to confirm.',
  },
  SSH_NOTHING_TO_OFFER: {
    wrong: 'There is no key to log in with (agent: {agent}).',
    done: NOTHING,
    next: 'Load a key into the agent (or unlock it), or name key_files. Keys that need a touch (sk-…) are not supported.',
  },
  SSH_CONFIG_UNREADABLE: {
    wrong: 'OpenSSH could not read {file} ({reason}).',
    done: NOTHING,
    next: 'Try `ssh -G -F {file} <host>` here as this user; the program ssh must be installed.',
  },
  SSH_CONFIG_UNSUPPORTED: {
    wrong: '{file} says {option} {value} for {host}, which is not supported.',
    done: NOTHING,
    next: 'Reach the host by other means (ProxyJump instead of ProxyCommand), or describe the login in the config of kolla-backup.',
  },
  KNOWN_HOSTS_UNREADABLE: {
    wrong: 'The known_hosts files ({file}) could not be searched ({reason}).',
    done: NOTHING,
    next: 'Check that ssh-keygen is installed here and that the files can be read.',
  },
  SUDO_WANTS_PASSWORD: {
    wrong: 'sudo on {host} asks {user} for a password, and nobody is there to type it.',
    done: NOTHING,
    next: 'Give {user} the rights that kolla-backup doctor --sudoers prints, or log in as root.',
  },
  SUDO_NOT_ALLOWED: {
    wrong: 'sudo on {host} does not let {user} run this command as root.',
    done: NOTHING,
    next: 'Give {user} the rights that kolla-backup doctor --sudoers prints, or log in as root.',
  },
  SUDO_WANTS_TERMINAL: {
    wrong: 'sudo on {host} wants a terminal (requiretty), and there is none.',
    done: NOTHING,
    next: 'Lift that for the user in sudoers (Defaults:{user} !requiretty), or log in as root.',
  },
  SUDO_MISSING: {
    wrong: 'There is no sudo on {host}.',
    done: NOTHING,
    next: 'Install it there, or log in as root and set sudo to false.',
  },
  SUDO_REFUSED: {
    wrong: 'sudo on {host} could not make {user} root ({reason}).',
    done: NOTHING,
    next: 'Try `sudo -n true` there as that user.',
  },
} as const satisfies Entries;

/**
 * Every refusal and failure that a person can meet: what is wrong, what was and wasn't done, what to do next.
 * `{name}` stands for a parameter. A journal stores the code and its parameters, never the sentence.
 */
type Entry = { readonly wrong: string; readonly done: string; readonly next: string };

const NOTHING = 'Nothing was changed.';

export const catalogue = {
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
  RUN_DIRECTORY_FAILED: {
    wrong: '{host} could not do “{act}” in the run directory {base} ({reason}).',
    done: 'Whether it took effect is not known; asking again is safe.',
    next: 'Check python3 (3.6 or newer), free space, and owner and mode of that directory on the host.',
  },
  HOST_PROGRAM_FAILED: {
    wrong: 'The program {program} gave no readable answer on {host}; it ended with {ended}: {said}',
    done: 'The program only reads; nothing was changed.',
    next: 'Check that python3 (3.6 or later) works on the host, and that its disk and memory are not full; then ask again.',
  },
  ARCHIVE_MISSING: {
    wrong: 'The archive {path} is not on {host} ({detail}).',
    done: NOTHING,
    next: 'Look at the list of archives: it may have been removed, renamed, or be on another node.',
  },
  ARCHIVE_UNREADABLE: {
    wrong: '{path} on {host} cannot be read as a file: {detail}.',
    done: NOTHING,
    next: 'Check the disk and the rights on the host. Links and special files are refused on purpose.',
  },
  ARCHIVE_EMPTY: {
    wrong: 'The archive {path} on {host} holds nothing: {detail}.',
    done: NOTHING,
    next: 'A backup failed before its first byte, usually because MariaDB was down. Use another archive, and take a full backup.',
  },
  ARCHIVE_CUT: {
    wrong: 'The archive {path} on {host} is cut off: {detail}.',
    done: NOTHING,
    next: 'Its backup was ended, or the disk filled up, while it was written, or it was copied in part. Use another archive, and take a full backup.',
  },
  ARCHIVE_DAMAGED: {
    wrong: 'The archive {path} on {host} is damaged: {detail}.',
    done: NOTHING,
    next: 'Use another archive or another copy of this one; take a full backup, and have the disk of the host checked.',
  },
  ARCHIVE_UNFINISHED: {
    wrong: 'The archive {path} on {host} is unfinished: {detail}.',
    done: NOTHING,
    next: 'mariabackup died while it wrote; the file looks good but cannot be restored. Use another archive, and take a full backup.',
  },
  ARCHIVE_UNSUPPORTED: {
    wrong: 'The archive {path} on {host} holds something that is not understood: {detail}.',
    done: NOTHING,
    next: 'It may come from a newer MariaDB than this software knows. Do not restore it with this software before it does.',
  },
  ARCHIVE_CHANGED: {
    wrong: 'The archive {path} on {host} changed while it was read: {detail}.',
    done: NOTHING,
    next: 'A backup is still being written, or somebody replaces the file. Wait until that has ended, then ask again.',
  },
  USAGE: {
    wrong: 'The arguments are not as they must be.',
    done: 'Nothing was done.',
    next: 'Use it as: {usage}',
  },
  FILE_UNREADABLE: {
    wrong: 'The file {file} cannot be read ({reason}).',
    done: 'Nothing was done.',
    next: 'Name a file that is there.',
  },
  ENVIRONMENT_INVALID: {
    wrong: 'The environment variable {variable} {reason}.',
    done: 'Nothing was started.',
    next: 'Set it, then start again.',
  },
  CONFIG_MISSING: {
    wrong: 'The config file {file} cannot be read ({reason}).',
    done: 'Nothing was started.',
    next: 'Write it, or name another in KOLLA_BACKUP_CONFIG.',
  },
  CONFIG_INVALID: {
    wrong: '{file}, line {line}: {where}: {reason}.',
    done: 'Nothing was started.',
    next: 'Correct that line; config.example.yml shows every setting.',
  },
  REDIS_AWAY: {
    wrong: 'Redis could not be asked ({reason}).',
    done: 'Whether the last thing asked of it was done is not known; what runs on the hosts goes on there.',
    next: 'Bring Redis back; everything goes on by itself from its journal.',
  },
  REDIS_REFUSED: {
    wrong: 'Redis refused ({reason}).',
    done: 'Nothing was written.',
    next: 'Correct the password, the rights or the memory and disk of Redis; its log says more.',
  },
  REDIS_NOT_DURABLE: {
    wrong: 'Redis is not set to keep every event: it needs {settings}.',
    done: 'Backups go on; a crash of Redis could lose the end of a journal.',
    next: 'Set this in the configuration of Redis, or ask its provider to.',
  },
  EVENT_UNREADABLE: {
    wrong: 'An event of type {event} would not be readable afterwards ({where}: {why}), so it was not written.',
    done: 'The operation stands where it stood; what runs on the hosts goes on.',
    next: 'Report this with the log of the worker: a host answered with something unexpected.',
  },
  STEP_NEVER_BEGAN: {
    wrong: '"{step}" was sent to {host} {attempts} times and never began.',
    done: 'The program did not run, and none of what was sent will run any more.',
    next: 'Look at the load and the disk of {host}, then ask again.',
  },
  RUN_DIRECTORY_GONE: {
    wrong: 'The run directory of "{step}" is not on {host}, though its start is in the journal.',
    done: 'Nothing was sent again. Whether the program ran, or still runs, is not known here.',
    next: 'Check deploy_host and run_directory in the config, and that {host} is the machine it was. It is looked at again every few minutes.',
  },
  ATTENTION_UNEXPECTED: {
    wrong: 'The worker met something that it does not know how to handle (reference {reference}).',
    done: 'It let go of the operation; what runs on the hosts goes on there.',
    next: "The worker's log has the reference and the details. It is tried again every half hour.",
  },
  PROOF_TOO_LONG: {
    wrong: 'Reading the archive {file} on {host} took longer than {minutes} minutes.',
    done: 'The archive is in its volume; that it is complete was not seen.',
    next: 'Raise limits.proof_minutes in the config, then take another backup.',
  },
  REDACTION_BLIND: {
    wrong:
      'The passwords in {file} on {host} could not be read ({problem}), so only their usual patterns are cut out of logs.',
    done: 'The step goes on.',
    next: 'Read its log before you hand it on. A vault-encrypted file always says this.',
  },
  EVENT_TOO_LARGE: {
    wrong: 'An event of type {event} is larger than a journal may hold.',
    done: 'It was not written.',
    next: 'Report this with the log of the worker: a host answered with far more than expected.',
  },
  COMMAND_UNKNOWN: {
    wrong: 'There is no command “{word}”.',
    done: NOTHING,
    next: 'Type one of: {commands}.',
  },
  COMMAND_UNREADABLE: {
    wrong: '“{text}” is not how {command} is asked for.',
    done: NOTHING,
    next: 'Type {usage}.',
  },
  COMMAND_TOO_LONG: {
    wrong: 'The command is longer than {limit} characters.',
    done: NOTHING,
    next: 'Type one of: {commands}.',
  },
  CLOUD_UNKNOWN: {
    wrong: 'There is no cloud “{cloud}” in the config.',
    done: NOTHING,
    next: 'Name one of: {clouds}.',
  },
  CLOUD_NEEDED: {
    wrong: 'This channel does not stand for one cloud, so it is not clear which one is meant.',
    done: NOTHING,
    next: 'Name the cloud: {usage}, with one of: {clouds}.',
  },
  LABEL_UNKNOWN: {
    wrong: 'There is no operation {label}.',
    done: NOTHING,
    next: 'Look at the list of operations for its label.',
  },
  OPERATION_ENDED: {
    wrong: '{label} has ended already: {how}.',
    done: NOTHING,
    next: 'Its thread and its audit say what happened.',
  },
  RELEASE_NOT_NEEDED: {
    wrong: '{label} has changed nothing yet.',
    done: 'Nothing was done.',
    next: 'Cancel it: /kolla-backup cancel {label}',
  },
  RELEASE_REASON: {
    wrong: 'Giving the cloud back before {label} has ended needs a reason.',
    done: 'Nothing was done.',
    next: 'Look at the hosts first; then /kolla-backup release {label} <reason>',
  },
  RELEASE_SECOND_PERSON: {
    wrong: 'A second person must agree to release {label}; you asked for it yourself.',
    done: 'Nothing was done.',
    next: 'Let another requester of the cloud type /kolla-backup release {label}',
  },
  RELEASE_PENDING: {
    wrong:
      '{person} asked at {at} to release {label}, with the reason “{reason}”; a reason of your own does not agree with that.',
    done: 'Nothing was done; that request waits for a second person.',
    next: 'To agree with it, type /kolla-backup release {label} without a reason. To ask with your own, wait until it has expired.',
  },
  RELEASE_EXPIRED: {
    wrong: 'The request to release {label} has expired: nobody agreed in time.',
    done: 'Nothing was done.',
    next: 'Ask anew: /kolla-backup release {label} <reason>; then another requester agrees.',
  },
  CANCEL_TOO_LATE: {
    wrong: '{label} cannot be cancelled any more: its change on {host} was started.',
    done: 'The backup goes on; it runs on the host, whatever is asked here.',
    next: 'Wait for its end. It changes nothing in the databases, and reports here when it is done.',
  },
  BUTTON_STALE: {
    wrong: 'This button belongs to a state of {label} that its journal does not know.',
    done: NOTHING,
    next: 'Use the buttons of the newest card of {label}. If this was that card, run an audit of {label}.',
  },
  BUTTON_UNKNOWN: {
    wrong: 'This version does not know this button.',
    done: NOTHING,
    next: 'Use the buttons of a newer card, or the command.',
  },
  PERSON_UNKNOWN: {
    wrong: 'Slack does not know the person {person}.',
    done: NOTHING,
    next: 'Ask from an account of this workspace.',
  },
  PERSON_DEACTIVATED: {
    wrong: 'The account of {person} is deactivated.',
    done: NOTHING,
    next: 'Ask from an active account.',
  },
  PERSON_BOT: {
    wrong: '{person} is a bot, an app or a workflow. Only people may ask.',
    done: NOTHING,
    next: 'Let a person ask.',
  },
  PERSON_GUEST: {
    wrong: '{person} is a guest in this workspace. Only full members may ask.',
    done: NOTHING,
    next: 'Let a full member ask who is named in the config.',
  },
  PERSON_INVITED: {
    wrong: '{person} has not yet joined this workspace.',
    done: NOTHING,
    next: 'Accept the invitation to the workspace first.',
  },
  PERSON_EXTERNAL: {
    wrong: '{person} belongs to another workspace or organization.',
    done: NOTHING,
    next: 'Let a member of this workspace ask who is named in the config.',
  },
  PERSON_NOT_LISTED: {
    wrong: '{person} may not ask for this on {cloud}.',
    done: NOTHING,
    next: 'Let one of the cloud’s requesters ask, or have the config changed by those who keep it.',
  },
  SLACK_UNANSWERED: {
    wrong: 'Slack could not be asked ({method}: {reason}), so it is not known who may do this.',
    done: NOTHING,
    next: 'Try again in a minute. If Slack stays away, look at status.slack.com and at this network’s way out.',
  },
  SLACK_SCOPE_MISSING: {
    wrong: 'The Slack app lacks the scope {scope}, which {method} needs.',
    done: NOTHING,
    next: 'Add the scope from manifest.yml to the app and install it into the workspace again.',
  },
  SLACK_GROUPS_PLAN: {
    wrong: 'This workspace’s plan has no user groups, but the config names the group {group}.',
    done: NOTHING,
    next: 'Name the people one by one under `users` in the config.',
  },
  SLACK_GROUP_UNKNOWN: {
    wrong: 'Slack does not know the user group {group} that the config names; it may be disabled.',
    done: NOTHING,
    next: 'Correct the group’s id in the config, or enable the group.',
  },
  SLACK_TOKEN_REFUSED: {
    wrong: 'Slack refused the token in {variable} ({error}).',
    done: 'The bot did not start.',
    next: 'Set {variable} to the app’s current token: xoxb-… for SLACK_BOT_TOKEN, xapp-… with connections:write for SLACK_APP_TOKEN.',
  },
  SLACK_UNREACHABLE: {
    wrong: 'Slack could not be reached ({method}: {reason}).',
    done: 'The bot did not start. Operations under way go on on their workers.',
    next: 'Check the network’s way out, a proxy, and status.slack.com; then start the bot again.',
  },
  SLACK_CHANNEL_UNUSABLE: {
    wrong: 'The channel {channel} of {cloud} cannot be used: {reason}.',
    done: 'Nothing was posted there.',
    next: 'Invite the bot into the channel, or name another channel in the config. What is missing in the thread follows by itself.',
  },
  SLACK_DEAF: {
    wrong: 'The bot has had no connection to Slack for {seconds} s.',
    done: 'Commands and buttons do not reach it; operations under way go on on their workers.',
    next: 'It ends so that it is started anew. If that does not help, check the network’s way out and status.slack.com.',
  },
  JOURNAL_BROKEN: {
    wrong: 'The journal of {label} does not verify: record {seq}, {flaw}.',
    done: 'Nothing more is done or shown for it.',
    next: 'Somebody wrote into Redis by hand, a key is wrong, or a part is lost. Run an audit of {label}, compare it with the heads in this thread, and look at the hosts.',
  },
  JOURNAL_SHORTER: {
    wrong:
      'The journal of {label} ends at record {seq}, but record {shown} was shown here: Redis has forgotten something.',
    done: 'Nothing more is done or shown for it.',
    next: 'Find out whether Redis was restored from an old copy. What ran on the hosts is in their run directories.',
  },
  JOURNAL_DIFFERS: {
    wrong: 'Record {seq} of the journal of {label} is not the one that was shown here.',
    done: 'Nothing more is done or shown for it.',
    next: 'Find out whether Redis was restored from an old copy or written by hand. What ran on the hosts is in their run directories.',
  },
  JOURNAL_UNREADABLE: {
    wrong: 'Record {seq} of the journal of {label} ({type}) cannot be followed by this version: {why}.',
    done: 'This version does nothing more for it.',
    next: 'Run the newest version of bot and workers. If all of them are, run an audit of {label}.',
  },
  JOURNAL_CONTENDED: {
    wrong: 'The journal of {label} was busy: others wrote at the same moment, {tries} times.',
    done: NOTHING,
    next: 'Try again.',
  },
  JOURNAL_CLOCK: {
    wrong: 'The clock of Redis jumped, so nothing could be written.',
    done: NOTHING,
    next: 'Check the time service on the Redis host; then try again.',
  },
  AUDIT_NO_THREAD: {
    wrong: '{label} has no thread, so there is nothing to compare its journal with here.',
    done: NOTHING,
    next: 'Wait until its card is in the channel. Without Slack: `kolla-backup audit` on a worker.',
  },
  AUDIT_NOT_POSTED: {
    wrong: 'The audit of {label} could not be put into its thread ({reason}).',
    done: 'Part of it may be there; nothing else was changed.',
    next: 'Try again in a minute. Without Slack: `kolla-backup audit` on a worker.',
  },
  BOT_STOPPING: {
    wrong: 'The bot is being stopped or restarted.',
    done: NOTHING,
    next: 'Try again in a minute.',
  },
  UNEXPECTED: {
    wrong: 'Something went wrong that this software has no word for. The log has it under {reference}.',
    done: 'Whether what was asked was done is not known.',
    next: 'Look at the status, then at the bot’s log, and report it with the reference.',
  },
  KOLLA_CLI_MISSING: {
    wrong: 'kolla-ansible was not found on the deploy host: {said}',
    done: NOTHING,
    next: 'Check the path of kolla-ansible (and its virtual environment) in the config.',
  },
  KOLLA_CLI_USAGE: {
    wrong: 'kolla-ansible refused its arguments: {said}',
    done: NOTHING,
    next: 'Check the extra arguments in the config against the help of the installed release.',
  },
  KOLLA_CLI_FAILED: {
    wrong: 'kolla-ansible ended with code {code} before it began its work: {said}',
    done: NOTHING,
    next: 'Run the command by hand on the deploy host and look at what it says.',
  },
  KOLLA_RELEASE_UNKNOWN: {
    wrong:
      'The release of kolla-ansible on the deploy host ({release}) is not one that this software knows how to drive.',
    done: NOTHING,
    next: 'Releases {known} are known. Use one of them, or a version of this software that knows yours.',
  },
  KOLLA_ANSIBLE_VERSION: {
    wrong: 'kolla-ansible does not accept the installed Ansible: {said}',
    done: NOTHING,
    next: 'Install an ansible-core within the window of the release into the virtual environment of kolla-ansible.',
  },
  KOLLA_PASSWORDS_MISSING: {
    wrong: 'kolla-ansible cannot read its passwords file: {said}',
    done: NOTHING,
    next: 'Check that passwords.yml is where the configuration directory says and that the login may read it.',
  },
  KOLLA_VAULT_LOCKED: {
    wrong: 'kolla-ansible cannot decrypt its configuration: {said}',
    done: NOTHING,
    next: 'Name the vault password file in the extra arguments of the config, and check that the login may read it.',
  },
  KOLLA_INVENTORY_INVALID: {
    wrong: 'kolla-ansible does not accept the inventory or the configuration directory: {said}',
    done: NOTHING,
    next: 'Check the paths of the inventories and of the configuration directory in the config.',
  },
  KOLLA_TASK_FAILED: {
    wrong: 'The task "{task}" of the playbook failed on {host}: {said}',
    done: 'The playbook stopped there; earlier tasks may have changed something.',
    next: 'Read the output of the run in the thread, and correct what the task complains about.',
  },
  NODES_UNREACHABLE: {
    wrong: 'Ansible could not reach {hosts}: {said}',
    done: 'No archive was made.',
    next: 'Bring the host back, or check its address, port and key for Ansible on the deploy host. Releases up to 2024.1 take no backup while any node is unreachable.',
  },
  BACKUP_NO_HOSTS: {
    wrong: 'kolla-ansible ended with code {code} but found no host in the group mariadb, so it did nothing.',
    done: 'No archive was made.',
    next: 'Check that all inventories of the deployment are named in the config and exist: kolla-ansible takes a missing inventory for an empty one.',
  },
  BACKUP_DISABLED: {
    wrong:
      'kolla-ansible ended with code {code} but skipped the backup: mariabackup is not enabled in this deployment.',
    done: 'No archive was made.',
    next: 'Set "enable_mariabackup: yes" in globals.yml, run "kolla-ansible reconfigure -t mariadb", then ask for a full backup.',
  },
  BACKUP_SKIPPED: {
    wrong: 'kolla-ansible ended with code {code} but no host took the backup; skipped by: {hosts}.',
    done: 'No archive was made.',
    next: 'Take --limit, --check and tags out of the extra arguments, and check that mariadb_backup_host names a host of the group mariadb.',
  },
  BACKUP_SEVERAL_HOSTS: {
    wrong: 'More than one host took a backup: {hosts}. The deployment has several database shards.',
    done: 'An archive was made on each of them; none is recorded as good.',
    next: 'Only the default shard can be backed up and restored. See mariadb_shard_id in the inventory.',
  },
  BACKUP_UNCLEAR: {
    wrong: 'kolla-ansible ended ({ended}) before it said what became of the backup.',
    done: 'A backup does not end with kolla-ansible: what had begun on the nodes is waited for before this operation ends.',
    next: 'Find out what ended kolla-ansible on the deploy host, then take a new backup. What this one left counts for nothing.',
  },
  BACKUP_MARIADB_DOWN: {
    wrong: 'The backup failed on {host}: MariaDB did not answer ({said}).',
    done: 'No usable archive was made; an empty file may be left in the volume.',
    next: 'Check MariaDB on every node, and the address in /etc/kolla/mariabackup/my.cnf; when it answers, ask again.',
  },
  BACKUP_LOGIN_REFUSED: {
    wrong: 'The backup failed on {host}: MariaDB refused the login of the backup user ({said}).',
    done: 'No usable archive was made; an empty file may be left in the volume.',
    next: 'Run "kolla-ansible reconfigure -t mariadb": it sets the password and the rights of the user anew. After a restore the passwords are those of the time of the backup.',
  },
  BACKUP_GRANT_MISSING: {
    wrong: 'The backup failed on {host}: the backup user lacks a right on the history table ({said}).',
    done: 'No archive is recorded as good; a file of a failed run may be left in the volume.',
    next: 'Upgrade kolla-ansible to 18.8.0, 19.6.0, 20.2.0 or later and run "kolla-ansible reconfigure -t mariadb"; on older releases grant ALTER and INSERT on mysql.mariadb_backup_history to the backup user by hand.',
  },
  BACKUP_NO_FULL: {
    wrong: 'The incremental backup failed on {host}: there is no full backup that it could build on ({said}).',
    done: 'No archive was made.',
    next: 'Take a full backup first.',
  },
  BACKUP_HISTORY_GONE: {
    wrong:
      'The incremental backup failed on {host}: MariaDB does not know the full backup that it should build on ({said}).',
    done: 'No usable archive was made; a partial file may be left in the volume.',
    next: 'Take a full backup. After every restore, and when the service has moved to another node, a full comes first.',
  },
  BACKUP_NO_SPACE: {
    wrong: 'The backup failed on {host}: its disk is full ({said}).',
    done: 'No usable archive was made; a partial file with a normal name is left in the volume.',
    next: 'Free space on the file system of the volume mariadb_backup (the partial file first), then ask again.',
  },
  BACKUP_NODE_NOT_READY: {
    wrong: 'The backup failed on {host}: the node is not part of a Primary component ({said}).',
    done: 'No usable archive was made; an empty file may be left in the volume.',
    next: 'Look at the state of the cluster; when all nodes are Synced, ask again.',
  },
  BACKUP_PROXY_VERSION: {
    wrong: 'The backup failed on {host}: it reached ProxySQL instead of MariaDB ({said}).',
    done: 'No usable archive was made; an empty file may be left in the volume.',
    next: 'Let the backup connect to its own node: "host={{ api_interface_address }}" under [client] in /etc/kolla/config/backup.my.cnf, then "kolla-ansible reconfigure -t mariadb".',
  },
  BACKUP_REDO_OVERRUN: {
    wrong:
      'The backup failed on {host}: the redo log was overwritten faster than it was copied, or belongs to another node ({said}).',
    done: 'No usable archive was made; a partial file with a normal name is left in the volume.',
    next: 'Check that /etc/kolla/mariabackup/my.cnf names the node itself, not the VIP; then ask again at a quieter time, or enlarge innodb_log_file_size.',
  },
  BACKUP_CONTAINER_REMOVED: {
    wrong: 'The backup failed on {host}: its container was killed or removed while it ran ({said}).',
    done: 'No usable archive was made; a partial file with a normal name is left in the volume.',
    next: 'Look for another backup, started by hand or by a timer (two at once end each other), and in the kernel log of the host for lack of memory; then ask again.',
  },
  BACKUP_IMAGE_MISSING: {
    wrong: 'The backup failed on {host}: the container image could not be had ({said}).',
    done: 'No archive was made.',
    next: 'Check the registry, or pull the image with "kolla-ansible pull -t mariadb".',
  },
  BACKUP_FAILED: {
    wrong: 'The backup failed on {host}: {said}',
    done: 'No usable archive was made; a partial file with a normal name may be left in the volume.',
    next: 'Read the output of the run in the thread. When the cause is gone, ask again.',
  },
  GALERA_UNKNOWN: {
    wrong: 'The Galera state of {host} could not be read ({reason}).',
    done: 'No backup was started.',
    next: 'Look at the mariadb container there: it must run and answer SQL. If the cluster is down, run mariadb_recovery first.',
  },
  BACKUP_HOST_NOT_SYNCED: {
    wrong: '{host}, whose volume takes the archive, is not a full member of the cluster: {state}.',
    done: 'An archive taken now would not be a restore point, so none counts as one.',
    next: 'Bring the node back into the cluster (or recover the cluster), then ask for a backup again.',
  },
  BACKUP_LOCK_ON_OTHER_NODE: {
    wrong:
      'On {host}, {config} sends mariabackup to {address}, where {answered} answers: the files of {host} would be copied under a lock that another node holds.',
    done: 'No archive taken like that counts as a restore point, whatever mariabackup says of it.',
    next: 'Put "[client]" and "host = {{ api_interface_address }}" into /etc/kolla/config/backup.my.cnf and run "kolla-ansible reconfigure -t mariadb"; or take the backup on the node that answers (mariadb_backup_host in globals.yml, and backup_host in the config).',
  },
  SOMEBODY_ELSE_WORKS: {
    wrong: 'Somebody else is at work on {host}: {what}.',
    done: 'Nothing was started: two backups at once spoil one of them.',
    next: 'Wait until that has ended, then ask again.',
  },
  TOO_MANY_ARCHIVES: {
    wrong: 'The volume {volume} on {host} holds {count} files, more than can be listed.',
    done: NOTHING,
    next: 'Move old archives out of the volume.',
  },
  NO_ROOM_FOR_ARCHIVE: {
    wrong: '{directory} on {host} has {free} free; another archive may need {needed}.',
    done: 'No backup was started: a full disk spoils the archive and can stop MariaDB.',
    next: 'Make room there or move old archives elsewhere, then ask again.',
  },
  NOTHING_CHANGED: {
    wrong: 'kolla-ansible ended well, but {host} took no backup.',
    done: 'No archive was made.',
    next: 'Check enable_mariabackup, the inventory and mariadb_backup_host on the deploy host.',
  },
  BACKUP_ON_ANOTHER_HOST: {
    wrong:
      'The backup was taken on {host}; it was expected on {expected}, and only that node was seen Primary and Synced before.',
    done: 'The archive is left where it is and does not count as proven.',
    next: 'Set backup_host of this cloud in the config to the host that mariadb_backup_host names, then take another backup.',
  },
  NO_BACKUP_VOLUME: {
    wrong: '{host} has no backup volume.',
    done: 'kolla-ansible reported a backup that is not there.',
    next: 'Look on the host at what kolla-ansible did; its log is in this thread.',
  },
  NO_NEW_ARCHIVE: {
    wrong: 'There is no new archive in {directory} on {host}.',
    done: 'kolla-ansible reported a backup that is not there.',
    next: 'Look on the host at what kolla-ansible did; its log is in this thread.',
  },
  SEVERAL_NEW_ARCHIVES: {
    wrong: 'There is more than one new archive on {host}: {files}.',
    done: 'Somebody else took a backup at the same time; none of them counts as proven.',
    next: 'Find out who takes backups beside this bot, then take another one.',
  },
  ARCHIVE_INCOMPLETE: {
    wrong: 'The archive {file} on {host} is not complete.',
    done: 'It is left where it is and must not be restored.',
    next: 'Look at the space and the load of the host, then take another backup.',
  },
  ARCHIVE_NOT_FULL: {
    wrong: 'The archive {file} on {host} is not a full backup but {type}.',
    done: 'It is left where it is.',
    next: 'Take another full backup.',
  },
  NO_DATADIR_VOLUME: {
    wrong: '{host} has no volume {volume}.',
    done: NOTHING,
    next: 'Check that MariaDB is deployed there with its datadir in that volume.',
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
  CHECK_MISMATCH: {
    wrong: 'The answer to the check {check} belongs to another one.',
    done: NOTHING,
    next: 'Report this with the log of the worker.',
  },
  STEP_FAILED: {
    wrong: 'The step "{step}" failed.',
    done: 'What it did is in its log.',
    next: 'Read the log in this thread.',
  },
  RUN_UNCLEAR: {
    wrong: 'The run of "{step}" on {host} began, and nothing tells how it ended ({reason}).',
    done: 'Its processes on that host are gone, and it was not sent again. What had begun on the nodes is waited for.',
    next: 'Find out what ended it on {host}, then take a new backup. What this one left counts for nothing.',
  },
  RUN_REFUSED: {
    wrong: '{host} did not let "{step}" start ({reason}).',
    done: 'The program did not run.',
    next: 'The host remembers more of this operation than its journal: find out whether Redis was restored from an old copy, and run an audit of the operation.',
  },
  HOST_OUT_OF_SIGHT: {
    wrong: 'A step is under way on {host}, which cannot be asked at the moment ({reason}).',
    done: 'What runs there goes on; nothing else is started for this cloud.',
    next: 'Bring the host or the network back; the operation goes on by itself then.',
  },
  STEP_OVERDUE: {
    wrong: '"{step}" has been running for more than {minutes} minutes.',
    done: 'It was not ended.',
    next: 'Look at it on {host}; it is still being followed.',
  },
  NODES_DIFFER: {
    wrong: 'The inventory and the config name different nodes (inventory: {inventory}; config: {config}).',
    done: NOTHING,
    next: 'Make the nodes of this cloud in the config those of the group mariadb in the inventory.',
  },
  CLOUD_BUSY: {
    wrong: '{label} is under way on {cloud}.',
    done: 'Nothing was started.',
    next: 'Wait until it has ended (/kolla-backup status). If it cannot end, two persons can release it.',
  },
  KOLLA_ARGUMENT_SPLITS: {
    wrong:
      'The argument "{argument}" for kolla-ansible holds a space or a wildcard; its command line (releases up to 18) would take it apart.',
    done: NOTHING,
    next: 'Use a path or value without spaces, *, ? and [ in the config.',
  },
  KOLLA_EXTRA_ARGUMENT: {
    wrong: 'The extra argument "{argument}" for kolla-ansible is not allowed.',
    done: NOTHING,
    next: 'Allowed are {allowed}; of variables, -e NAME=VALUE of plain characters and -e @/absolute/file. Secrets belong into passwords.yml; what a run touches and how is decided by the plan, or for every run by globals.yml.',
  },
  VOLUME_DIRECTORY_MISSING: {
    wrong: 'The directory {directory} of the backup volume is not on {host} ({detail}).',
    done: NOTHING,
    next: 'Look at the volume with the container engine on that host; its storage may not be mounted.',
  },
  VOLUME_DIRECTORY_UNREADABLE: {
    wrong: 'The directory {directory} of the backup volume cannot be read on {host}: {detail}.',
    done: NOTHING,
    next: 'Check the rights of the login (root, or sudo) and the disk of that host.',
  },
  INVENTORY_UNREADABLE: {
    wrong: 'The inventory could not be read on the deploy host: {said}.',
    done: NOTHING,
    next: 'Run ansible-inventory --list with the same inventories on the deploy host and look at what it says.',
  },
  INVENTORY_NO_NODES: {
    wrong: 'The inventory has no host in the group mariadb.',
    done: NOTHING,
    next: 'Check that all inventories of the deployment are named in the config. A deployment with an external database cannot be backed up this way.',
  },
  INVENTORY_SHARDS: {
    wrong: 'The deployment has several database shards ({shards}).',
    done: NOTHING,
    next: 'Kolla backs up and restores the default shard only, and this software refuses to guess; back up each shard by hand.',
  },
} as const satisfies Record<string, Entry>;

export type Code = keyof typeof catalogue;
export type Params = Readonly<Record<string, string>>;

/** A refusal or failure as it is journaled: a code of the catalogue and what fills its sentences. */
export type Problem = { readonly code: Code; readonly params: Params };

const fill = (template: string, params: Params) =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? `(${name} unknown)`);

/** The three sentences of a problem, in the order in which people need them. */
export function explain({ code, params }: Problem): { wrong: string; done: string; next: string } {
  const entry: Entry = catalogue[code];
  return { wrong: fill(entry.wrong, params), done: fill(entry.done, params), next: fill(entry.next, params) };
}

/** The error that carries a problem through code. `cause` keeps what was caught. */
export class KollaBackupError extends Error {
  readonly problem: Problem;
  constructor(code: Code, params: Params = {}, options?: ErrorOptions) {
    const problem = { code, params };
    const { wrong, done, next } = explain(problem);
    super(`${code}: ${wrong} ${done} ${next}`, options);
    this.name = 'KollaBackupError';
    this.problem = problem;
  }
}

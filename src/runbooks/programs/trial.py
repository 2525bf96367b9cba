"""
Starts a prepared copy once, alone, reads what it holds, stops it cleanly and takes its manifest.

    request: {"engine": "docker", "name": the container's, "labels": [...], "image": image id, "data": path,
              "new": [dev, inode], "uid", "gid", "config": the node's galera.cnf,
              "live": argv that asks the live server a statement, but for the statement,
              "checkTables": whether each table is checked whole, too}

The server runs in a container without network that sees nothing but the copy; who asks for the third time gets the same
as at first. The password comes from the node's configuration and goes through standard input, as everything that is
asked. Accounts are compared by salted digests, in memory. FINDINGS are the statements that say what the copy holds.
Prints one line of JSON: {"state": "tried", ...}, or {"state": "refused", "code", "detail"}, exit 3.
"""
import os
import re
import secrets
import subprocess

READY_SECONDS = 1800
LIVE_SECONDS = 30
MEMORY = "1g"
DETAIL_LINES = 12
LEFTOVERS = re.compile(r"^(?:grastate\.dat|gvwstate\.dat|galera\.cache|tc\.log|mysql-bin\..*)$")
GALERA_INFO = ("mariadb_backup_galera_info", "xtrabackup_galera_info")
CHECKPOINTS = ("mariadb_backup_checkpoints", "xtrabackup_checkpoints")
CHECKPOINT_KEYS = ("backup_type", "from_lsn", "to_lsn", "last_lsn")
SERVER = [
    "--defaults-file=/copy/backup-my.cnf", "--datadir=/copy", "--socket=/trial/server.sock", "--pid-file=/trial/server.pid",
    "--tmpdir=/trial", "--skip-networking", "--wsrep-on=OFF", "--wsrep-provider=none", "--skip-log-bin",
    "--event-scheduler=DISABLED", "--skip-slave-start", "--read-only=ON", "--innodb-buffer-pool-size=256M",
    "--innodb-buffer-pool-load-at-startup=OFF", "--innodb-buffer-pool-dump-at-shutdown=OFF", "--innodb-fast-shutdown=1",
    "--innodb-force-recovery=0", "--performance-schema=OFF",
]
# Standard input: a mark, then five files with that mark after each. Standard output: what was said, and after it a line
# with the mark, the name of the part, and how it ended. $1 is how long the server may take, the rest goes to it.
SCRIPT = r"""
umask 077
cd /trial
IFS= read -r mark
for file in own.cnf wrong.cnf tables.sql findings.sql accounts.sql; do
  while IFS= read -r line && [ "$line" != "$mark" ]; do printf '%s\n' "$line"; done > "$file"
done
client=$(command -v mariadb || command -v mysql)
server=$(command -v mariadbd || command -v mysqld)
ask() { "$client" --defaults-file="$1" --socket=/trial/server.sock --connect-timeout=10 -N -B "${@:2}"; }
part() { printf '%s %s %s\n' "$mark" "$1" "$2"; }
limit=$1
shift
"$server" "$@" > server.log 2>&1 &
pid=$!
until grep -q 'ready for connections' server.log; do
  kill -0 "$pid" 2> /dev/null || break
  [ "$SECONDS" -lt "$limit" ] || kill -KILL "$pid"
  sleep 0.2
done
if kill -0 "$pid" 2> /dev/null; then
  ask wrong.cnf -e 'SELECT 1' > /dev/null 2>&1
  part wrong $?
  ask own.cnf -e 'SELECT CURRENT_USER()' 2>&1
  part login $?
  ask own.cnf -r < tables.sql > open.sql 2> tables.txt && ask own.cnf --force < open.sql 2>> tables.txt | grep -E $'\tcheck\t(error|Error)\t' >> tables.txt
  head -c 4000 tables.txt
  part tables "$(wc -c < tables.txt)"
  ask own.cnf < findings.sql 2>&1
  part findings $?
  ask own.cnf < accounts.sql 2>&1
  part accounts $?
  kill -TERM "$pid"
fi
wait "$pid"
code=$?
tail -c 60000 server.log
part server "$code"
"""
TABLES = """SELECT CONCAT('SELECT 1 FROM `', REPLACE(table_schema, '`', '``'), '`.`', REPLACE(table_name, '`', '``'), '` LIMIT 1;')
FROM information_schema.tables WHERE table_type = 'BASE TABLE'
AND table_schema NOT IN ('information_schema', 'performance_schema')"""
CHECKS = TABLES.replace("SELECT 1 FROM ", "CHECK TABLE ").replace(" LIMIT 1;", " EXTENDED;")
# What decides over a log-in, as a digest that tells nothing without its salt.
ACCOUNTS = """SELECT CONCAT(User, '@', Host), SHA2(CONCAT_WS('|', '%s',
COALESCE(NULLIF(JSON_VALUE(Priv, '$.plugin'), ''), 'mysql_native_password'),
COALESCE(JSON_VALUE(Priv, '$.authentication_string'), ''), COALESCE(JSON_COMPACT(JSON_EXTRACT(Priv, '$.auth_or')), ''),
COALESCE(JSON_VALUE(Priv, '$.account_locked'), 'false')), 256)
FROM mysql.global_priv WHERE COALESCE(JSON_VALUE(Priv, '$.is_role'), 'false') NOT IN ('true', '1')"""


def credentials(options):
    auth = last_of(options, "wsrep_sst_auth")
    if auth is None or ":" not in auth:
        raise Refused("TRIAL_NO_CREDENTIALS", "it has no wsrep_sst_auth")
    user, _, password = auth.partition(":")
    return user, password


def client_file(user, password):
    escaped = password.replace("\\", "\\\\").replace('"', '\\"')
    return '[client]\nuser=%s\npassword="%s"' % (user, escaped)


def container_argv(wanted, options):
    server = SERVER + ["--%s=%s" % (name.replace("_", "-"), value) for name, value in needed_options(options)]
    return [
        wanted["engine"], "run", "-i", "--rm", "--name", wanted["name"],
        *[part for label in wanted["labels"] for part in ("--label", label)],
        "--pull=never", "--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
        # What goes through it is nobody's log.
        "--log-driver", "none", "--memory", MEMORY, "--user", "%d:%d" % (wanted["uid"], wanted["gid"]),
        "--tmpfs", "/trial:rw,mode=1777,size=512m", "--mount", "type=bind,src=%s,dst=/copy" % wanted["data"],
        "--entrypoint", "bash", wanted["image"], "-c", SCRIPT, "trial", str(READY_SECONDS), *server,
    ]


def run(argv, files):
    """Each part's name with what was said in it and how it ended, and what the engine said."""
    mark = "--%s--" % secrets.token_hex(16)
    text = "".join("%s\n%s\n" % (before, mark) if before else mark + "\n" for before in [None] + files)
    done = subprocess.run(argv, input=text.encode("utf-8", "surrogateescape"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    parts, said = {}, []
    for line in done.stdout.decode("utf-8", "replace").split("\n"):
        if line.startswith(mark + " "):
            _, name, ended = line.split(" ")
            parts[name] = ("\n".join(said), int(ended))
            said = []
        else:
            said.append(line)
    return parts, done.stderr.decode("utf-8", "replace").strip() or "%s ended with %d" % (argv[0], done.returncode)


def end_of(text):
    return "\n".join(text.strip().split("\n")[-DETAIL_LINES:])


def see_server(parts, engine_said):
    if "server" not in parts:
        raise Refused("TRIAL_FAILED", end_of(engine_said))
    log, code = parts["server"]
    found = re.search(r"Found (\d+) prepared transaction", log)
    if found:
        raise Refused("TRIAL_PREPARED_TRANSACTIONS", found.group(1))
    if "login" not in parts or code != 0 or "Shutdown complete" not in log:
        raise Refused("TRIAL_FAILED", "it ended with code %d: %s" % (code, end_of(log)))


def see_login(parts, user):
    said, code = parts["login"]
    if code != 0:
        raise Refused("TRIAL_LOGIN", end_of(said))
    if parts["wrong"][1] == 0:
        raise Refused("TRIAL_LOGIN", "%s is let in with any password" % user)
    if said.strip().rpartition("@")[0] != user:
        raise Refused("TRIAL_LOGIN", "%s is taken for %s" % (user, said.strip()))


def rows(text):
    return dict(line.split("\t") for line in text.strip().split("\n") if line.count("\t") == 1)


def accounts_changed(inside, live, statement):
    """Names of live accounts that log in otherwise in the copy, or aren't there; null where the live server is silent."""
    code, said, _ = ask(live + [statement], LIVE_SECONDS)
    if code != 0:
        return None
    return sorted(account for account, digest in rows(said).items() if inside.get(account) != digest)


def first_of(data, names):
    for name in names:
        try:
            with open(os.path.join(data, name)) as file:
                return file.read(65536)
        except FileNotFoundError:
            continue
    return ""


def galera_info(data):
    found = re.match(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(-?\d+)", first_of(data, GALERA_INFO).strip())
    return None if found is None else {"uuid": found.group(1), "seqno": found.group(2)}


def checkpoints(data):
    found = dict(re.findall(r"^\s*(\w+)\s*=\s*(\S+)\s*$", first_of(data, CHECKPOINTS), re.M))
    return {key: found[key] for key in CHECKPOINT_KEYS} if all(key in found for key in CHECKPOINT_KEYS) else None


def trial(wanted):
    data, options = wanted["data"], server_options(wanted["config"])
    if wanted["new"] is not None and not same(identity(data), wanted["new"]):
        raise Refused("TRIAL_NOT_THE_COPY", "%s is %s" % (data, identity(data)))
    if options is None:
        raise Refused("TRIAL_NO_CREDENTIALS", "it cannot be read")
    user, password = credentials(options)
    statement = ACCOUNTS % secrets.token_hex(16)
    tables = TABLES + (" UNION ALL " + CHECKS if wanted.get("checkTables") else "")
    ask([wanted["engine"], "rm", "-f", wanted["name"]], 120)
    files = [client_file(user, password), client_file(user, secrets.token_hex(16)), tables, FINDINGS, statement]
    parts, engine_said = run(container_argv(wanted, options), files)
    see_server(parts, engine_said)
    see_login(parts, user)
    if parts["tables"][1] != 0:
        raise Refused("TRIAL_TABLE_BROKEN", end_of(parts["tables"][0]))
    for name in ("findings", "accounts"):
        if parts[name][1] != 0:
            raise Refused("TRIAL_FAILED", end_of(parts[name][0]))
    left = sorted(name for name in os.listdir(data) if LEFTOVERS.match(name))
    if left:
        raise Refused("TRIAL_LEFTOVERS", ", ".join(left))
    changed = accounts_changed(rows(parts["accounts"][0]), wanted["live"], statement)
    # What the manifest tells of must also be there after a power cut.
    os.sync()
    return dict(
        measure(data),
        state="tried",
        findings=parts["findings"][0],
        accountsChanged=changed,
        galera=galera_info(data),
        checkpoints=checkpoints(data),
    )


main(trial)

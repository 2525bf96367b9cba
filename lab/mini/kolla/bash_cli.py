"""The command line of the bash CLI (14-18): getopt's rules, what it echoes, and its exit codes."""
import getopt
import glob
import os
import sys

import usage
from options import Options
from release import DIALECT, RELEASE

SHORT = "hi:p:t:k:e:CDv"
LONG = [
    "help", "version", "inventory=", "playbook=", "skip-tags=", "tags=", "key=", "extra=", "check", "diff", "verbose",
    "configdir=", "passwords=", "limit=", "forks=", "vault-id=", "ask-vault-pass", "vault-password-file=",
    "yes-i-really-really-mean-it", "include-images", "include-dev", "full", "incremental", "check-expiry=",
    "ignore-missing",
]
FLAG = "--yes-i-really-really-mean-it"
WARNING = """WARNING:
    This will stop all deployed kolla containers, limit with tags is possible and also with
    skip_stop_containers variable. To confirm, please add the following option:
    --yes-i-really-really-mean-it
"""


class BashOptions(Options):
    def __init__(self, home):
        super().__init__(home)
        self.extra, self.passwords, self.own_playbook = [], None, None

    def take(self, name, value):
        """One option, as the CLI's own loop takes it: most are handed on to ansible-playbook."""
        if name in ("-i", "--inventory"):
            self.inventories.append(value)
        elif name == "--configdir":
            self.configdir = value
        elif name == "--passwords":
            self.passwords = value
        elif name in ("-p", "--playbook"):
            self.own_playbook = value
        elif name in ("-t", "--tags"):
            self.tags = value.split(",")
            self.extra.append(f"--tags {value}")
        elif name == "--skip-tags":
            self.skip = value.split(",")
            self.extra.append(f"--skip-tags {value}")
        elif name in ("-e", "--extra"):
            self.variables.append(value)
            self.extra.append(f"-e {value}")
        elif name == "--limit":
            self.limit = value
            self.extra.append(f"--limit {value}")
        elif name in ("-C", "--check"):
            self.check = True
            self.extra.append("--check")
        elif name in ("-D", "--diff"):
            self.extra.append("--diff")
        elif name in ("-v", "--verbose"):
            self.verbosity += 1
        elif name in ("--full", "--incremental"):
            self.backup_type = name[2:]
        elif name in ("--forks", "--vault-id", "--vault-password-file"):
            self.extra.append(f"{name} {value}")

    def files(self):
        passwords = self.passwords or f"{self.configdir}/passwords.yml"
        return [f"{self.configdir}/globals.yml", *sorted(glob.glob(f"{self.configdir}/globals.d/*.yml")), passwords]

    def command(self, command):
        """The text that is echoed. The shell takes values with blanks apart, so here they are only joined."""
        files = self.files()
        head = [f"-e @{files[0]} ", *(f"-e @{name}" for name in files[1:]), f"-e CONFIG_DIR={self.configdir}"]
        extra = "".join(f" {option}" for option in self.extra)
        if os.environ.get("EXTRA_OPTS"):
            extra = f"{os.environ['EXTRA_OPTS']}{extra}"
        path = self.own_playbook or self.playbook(command.playbook)
        verbosity = f"-{'v' * self.verbosity}" if self.verbosity else ""
        inventories = "".join(f" --inventory {name}" for name in self.inventories)
        more = f" -e mariadb_backup_type={self.backup_type}" if command.act == "backup" else ""
        return f"ansible-playbook {' '.join(head)} {extra} -e kolla_action={command.action}{more} {path} {verbosity}{inventories}"


def parse(home, arguments):
    """The options and the command; or None, None and the exit code, where it has said all there is to say."""
    program = f"{home}/bin/kolla-ansible"
    options = BashOptions(home)
    try:
        pairs, words = getopt.gnu_getopt(arguments, SHORT, LONG)
    except getopt.GetoptError as error:
        shown = f"unrecognized option '--{error.opt}'" if "not recognized" in error.msg and len(error.opt) > 1 else error.msg
        print(f"{program}: {shown}", file=sys.stderr)
        print(usage.TEXT.format(program=program), file=sys.stderr)
        return None, None, 2
    for name, value in pairs:
        if name in ("-h", "--help"):
            print(usage.TEXT.format(program=program))
            return None, None, 0
        if name == "--version":
            print(RELEASE)
            return None, None, 0
        options.take(name, value)
    if not words or (words[0] not in DIALECT.commands and words[0] not in usage.OTHER_COMMANDS):
        print(usage.TEXT.format(program=program))
        return None, None, 3
    if words[0] not in DIALECT.commands:
        print(f"The lab's stand-in has no {words[0]}.", file=sys.stderr)
        return None, None, 1
    if words[0] == "stop" and FLAG not in " ".join(arguments):
        sys.stdout.write(WARNING)
        return None, None, 1
    return options, words[0], None


def run(options, name, arguments, start):
    """Echoes what it starts, and ends as that does; `start` gives its exit code."""
    command = DIALECT.commands[name]
    text = options.command(command)
    print(f"{command.title} : {text}", flush=True)
    if len(arguments) != len(" ".join(arguments).split(" ")):
        print("ERROR! the playbook: the rest of an argument with blanks could not be found", file=sys.stderr)
        return 1
    return start(text.split())

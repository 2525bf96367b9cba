"""The command line of the bash CLI (14-18): getopt's rules, what it echoes, and its exit codes."""
import getopt
import glob
import json
import os
import subprocess
import sys

import backup
import recovery
import stop
import usage
from inventory import Inventory, NoSuchHosts
from output import Output
from run import Run
from switches import Switches
from variables import Unreadable, Variables

VERSION = "17.9.0"
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
# Name: what it echoes, the playbook, the action, and the tasks.
COMMANDS = {
    "mariadb_backup": ("Backup MariaDB databases", "mariadb_backup.yml", "backup", backup.play),
    "mariadb_recovery": ("Attempting to restart mariadb cluster", "mariadb_recovery.yml", "deploy", recovery.play),
    "stop": ("Stop Kolla containers", "site.yml", "stop", stop.play),
    "deploy": ("Deploying Playbooks", "site.yml", "deploy", recovery.deploy),
}


class Options:
    def __init__(self, home):
        self.home, self.inventories, self.extra, self.variables = home, [], [], []
        self.configdir, self.passwords, self.playbook = "/etc/kolla", None, None
        self.tags, self.skip, self.limit, self.check, self.verbosity = None, None, None, False, 0
        self.backup_type = "full"

    def take(self, name, value):
        """One option, as the CLI's own loop takes it: most are handed on to ansible-playbook."""
        if name in ("-i", "--inventory"):
            self.inventories.append(value)
        elif name == "--configdir":
            self.configdir = value
        elif name == "--passwords":
            self.passwords = value
        elif name in ("-p", "--playbook"):
            self.playbook = value
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

    def command(self, playbook, action, more):
        """The text that is echoed. The shell takes values with blanks apart, so here they are only joined."""
        files = self.files()
        head = [f"-e @{files[0]} ", *(f"-e @{name}" for name in files[1:]), f"-e CONFIG_DIR={self.configdir}"]
        extra = "".join(f" {option}" for option in self.extra)
        if os.environ.get("EXTRA_OPTS"):
            extra = f"{os.environ['EXTRA_OPTS']}{extra}"
        path = self.playbook or f"{self.home}/share/kolla-ansible/ansible/{playbook}"
        verbosity = f"-{'v' * self.verbosity}" if self.verbosity else ""
        inventories = "".join(f" --inventory {name}" for name in self.inventories)
        return f"ansible-playbook {' '.join(head)} {extra} -e kolla_action={action}{more} {path} {verbosity}{inventories}"


def parse(home, arguments):
    program = f"{home}/bin/kolla-ansible"
    options = Options(home)
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
            print(VERSION)
            return None, None, 0
        options.take(name, value)
    if not words or (words[0] not in COMMANDS and words[0] not in usage.OTHER_COMMANDS):
        print(usage.TEXT.format(program=program))
        return None, None, 3
    if words[0] not in COMMANDS:
        print(f"The lab's stand-in has no {words[0]}.", file=sys.stderr)
        return None, None, 1
    return options, words[0], None


def main(home, arguments):
    options, command, code = parse(home, arguments)
    if options is None:
        return code
    if command == "stop" and FLAG not in " ".join(arguments):
        sys.stdout.write(WARNING)
        return 1
    switches = Switches()
    title, playbook_file, action, _ = COMMANDS[command]
    more = f" -e mariadb_backup_type={options.backup_type}" if command == "mariadb_backup" else ""
    print(f"{title} : {options.command(playbook_file, action, more)}", flush=True)
    if len(arguments) != len(" ".join(arguments).split(" ")):
        print("ERROR! the playbook: the rest of an argument with blanks could not be found", file=sys.stderr)
        return 1
    return switches.exit_code(playbook(home, arguments, options.command(playbook_file, action, more)))


def playbook(home, arguments, command):
    """A child, as the shell script has it: it goes on when its parent is killed, and `ps` shows the whole command."""
    argv = [sys.executable, "-IB", f"{home}/lib/standin/playbook.py", *command.split()]
    code = subprocess.run(argv, env=os.environ | {"STANDIN_ARGUMENTS": json.dumps(arguments)}).returncode
    return code if code >= 0 else 128 - code


def perform(options, command, switches):
    """What ansible-playbook would do from here on; its exit code."""
    callback = os.environ.get("ANSIBLE_STDOUT_CALLBACK", "default")
    if callback not in ("default", "minimal", "oneline"):
        print(f"ERROR! Invalid callback for stdout specified: {callback}", file=sys.stderr)
        return 1
    try:
        variables = Variables(options.files(), options.variables)
        nothing = switches.nothing(command.removeprefix("mariadb_"))
        inventory = Inventory(options.home, [] if nothing else options.inventories, options.limit)
    except (Unreadable, NoSuchHosts) as error:
        print(f"ERROR! {error}", file=sys.stderr)
        return 1
    output = Output(options.verbosity, switches)
    run = Run(options, variables, inventory, output, switches)
    COMMANDS[command][3](run)
    output.recap()
    return output.code()

"""The command line of the Python CLI (from 19 on): cliff finds the command, argparse takes the rest apart."""
import os
import sys

import cliff_help
from options import Options
from release import DIALECT, RELEASE

NAME = "kolla-ansible"
# cliff's level: 0 for --quiet, 1 as it is, one more with each -v; from 2 on it tells what it does itself.
QUIET, USUAL = 0, 1
# What it costs to swap, replace, add or take away a letter when a command is guessed.
SWAP, REPLACE, ADD, TAKE = 0, 2, 1, 3


class CliffOptions(Options):
    def __init__(self, home, level, parsed):
        super().__init__(home)
        self.level, self.parsed, self.verbosity = level, parsed, max(0, level - USUAL)
        self.configdir = os.path.abspath(parsed.kolla_config_path)
        self.inventories = parsed.inventory or [f"{self.configdir}/ansible/inventory/all-in-one"]
        self.variables, self.limit, self.check = parsed.extra_vars or [], parsed.limit, parsed.check
        self.tags, self.skip = (value and value.split(",") for value in (parsed.tags, parsed.skip_tags))
        self.backup_type = getattr(parsed, "mariadb_backup_type", "full")
        self.ignore_missing = getattr(parsed, "ignore_missing", False)

    def more_files(self):
        folder = f"{self.configdir}/globals.d"
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return sorted(f"{folder}/{name}" for name in names if os.path.splitext(name)[1] in (".yml", ".yaml", ".json"))

    def files(self):
        """`--passwords` isn't among them: it is looked at, and then left unused."""
        return [f"{self.configdir}/globals.yml", f"{self.configdir}/passwords.yml", *self.more_files()]

    def playbooks(self, command):
        return self.parsed.playbook or [self.playbook(command.playbook)]

    def argv(self, command):
        """ansible-playbook's arguments, in the real one's order."""
        parsed, pairs = self.parsed, lambda name, values: [part for value in values for part in (name, value)]
        own = [f"kolla_action={command.action}"]
        if command.act == "backup":
            own.append(f"mariadb_backup_type={self.backup_type}")
        if command.act == "stop":
            own.append(f"kolla_action_stop_ignore_missing={'yes' if self.ignore_missing else 'no'}")
        argv = ["-" + "v" * self.verbosity] if self.verbosity else []
        argv += ["--list-tasks"] if parsed.list_tasks else []
        argv += pairs("--inventory", self.inventories) + pairs("-e", [f"@{path}" for path in self.files()[:2]])
        argv += pairs("--vault-id", parsed.vault_id) + pairs("--vault-password-file", parsed.vault_password_file)
        argv += ["--ask-vault-password"] if parsed.ask_vault_password else []
        argv += pairs("-e", [*(f"@{path}" for path in self.more_files()), *self.variables, *own, f"CONFIG_DIR={self.configdir}"])
        argv += [f"--{flag}" for flag in ("become", "check", "diff") if getattr(parsed, flag)]
        for option in ("limit", "skip_tags", "tags"):
            value = getattr(parsed, option)
            argv += [f"--{option.replace('_', '-')}", value] if value else []
        return [*argv, " ".join(self.playbooks(command))]


def distance(word, other):
    """Damerau and Levenshtein's, with cliff's costs."""
    before, last = None, [place * ADD for place in range(len(other) + 1)]
    for i, letter in enumerate(word):
        row = [(i + 1) * TAKE]
        for j, wanted in enumerate(other):
            costs = [last[j] + (letter != wanted) * REPLACE, row[j] + ADD, last[j + 1] + TAKE]
            if before and j and word[i - 1] == wanted and letter == other[j - 1]:
                costs.append(before[j - 1] + SWAP)
            row.append(min(costs))
        before, last = last, row
    return last[-1]


def guesses(word):
    """The commands that begin so, and those that are nearest to it."""
    begun = [name for name in cliff_help.COMMANDS if name.startswith(word)]
    rest = {name: distance(word, name) + 1 for name in cliff_help.COMMANDS if name not in begun}
    nearest = min(rest.values(), default=0)
    return sorted(begun) + sorted(name for name, far in rest.items() if far == nearest)


def find(word):
    """A command by its name, or by the beginning of only one name."""
    begun = [name for name in cliff_help.COMMANDS if name.startswith(word)]
    return word if word in cliff_help.COMMANDS else begun[0] if len(begun) == 1 else None


def parse(home, arguments):
    """The options and the command; or None, None and the exit code, where it has said all there is to say."""
    program = cliff_help.program(NAME, RELEASE)
    try:
        options, rest = program.parse_known_args(arguments)
        if options.deferred_help:
            return None, None, tell_help(program, rest)
        if not rest:
            # Its prompt, without anybody who types.
            print()
            return None, None, 1
        name = None if rest[0].startswith("-") else find(rest[0])
        if name is None:
            print(f"{NAME}: '{' '.join(rest)}' is not a {NAME} command. See '{NAME} --help'.")
            print("\n  ".join(["Did you mean one of these?", *guesses(rest[0])]))
            return None, None, 2
        if name == "help":
            return None, None, tell_help(program, rest[1:])
        if name not in DIALECT.commands:
            print(f"The lab's stand-in has no {name}.", file=sys.stderr)
            return None, None, 1
        # It goes by the name that was typed.
        parsed = cliff_help.command(f"{NAME} {rest[0]}", DIALECT.commands[name]).parse_args(rest[1:])
    except SystemExit as end:
        return None, None, end.code
    if parsed.list_tasks:
        print("The lab's stand-in has no --list-tasks.", file=sys.stderr)
        return None, None, 1
    return CliffOptions(home, options.verbose_level, parsed), name, None


def tell_help(program, words):
    """`help` and `--help`; the exit code."""
    words = cliff_help.helper(f"{NAME} help").parse_args(words).cmd
    if not words:
        program.print_help()
        print("\nCommands:")
        for name, about in sorted(cliff_help.COMMANDS.items()):
            print(f"  {name:<13}  {about}")
        return 0
    name = find(words[0])
    if name is None:
        begun = sorted(one for one in cliff_help.COMMANDS if one.startswith(words[0]))
        if not begun:
            print(f"Unknown command {words}", file=sys.stderr)
            return 1
        print("\n  ".join([f'Command "{words[0]}" matches:', *begun]))
        return 0
    if name not in DIALECT.commands:
        print(f"The lab's stand-in has no help of {name}.", file=sys.stderr)
        return 1
    cliff_help.command(f"{NAME} {words[0]}", DIALECT.commands[name]).print_help()
    return 0


def unreadable(path, directory):
    """Why it can't be read, in Kolla's words; None where it can."""
    kind, fits = ("directory", os.path.isdir) if directory else ("file", os.path.isfile)
    if not os.path.exists(path):
        return "Path does not exist"
    if not fits(path):
        return f"Path is not a {kind}"
    return None if os.access(path, os.R_OK) else f"{kind.capitalize()} is not readable"


def complaints(options, command):
    """What it finds wrong before it starts anything: the words, and whether it ends there."""
    why = unreadable(options.configdir, True)
    if why:
        yield f"Kolla Ansible configuration path {options.configdir} is invalid: {why}", True
    for path in options.inventories:
        why = unreadable(path, True) and unreadable(path, False) and unreadable(path, True)
        if why:
            yield f"Kolla inventory {path} is invalid: {why}", True
    for path in options.parsed.playbook or []:
        why = unreadable(path, False)
        if why:
            yield f"Kolla Ansible playbook {path} is invalid: {why}", True
    passwords = options.parsed.kolla_passwords or f"{options.configdir}/passwords.yml"
    why = unreadable(passwords, False)
    if why:
        yield f"Kolla Ansible passwords file {passwords} is invalid: {why}", False
    why = unreadable(f"{options.configdir}/globals.yml", False)
    if why:
        yield f"Kolla ansible globals file {options.configdir}/globals.yml is invalid {why}", False


def run(options, name, arguments, start):
    """Logs on stderr what it starts, and ends as that does; `start` gives its exit code."""
    command = DIALECT.commands[name]

    def log(level, text):
        if options.level >= level:
            print(text, file=sys.stderr, flush=True)

    debug = USUAL + 1
    log(debug, "initialize_app")
    log(debug, f"prepare_to_run_command {command.name}")
    log(USUAL, command.title)
    log(debug, f"Parsed arguments: {options.parsed}")
    code = checked(options, command, log, start)
    log(debug, f"clean_up {command.name}")
    return code


def checked(options, command, log, start):
    for said, ends in complaints(options, command):
        log(QUIET, said)
        if ends:
            return 1
    argv = options.argv(command)
    log(USUAL + 1, f"Running command: ansible-playbook {' '.join(argv)}")
    code = start(argv, quiet=options.level == QUIET)
    if code:
        log(QUIET, f"Kolla Ansible playbook(s) {', '.join(options.playbooks(command))} exited {code}")
    return code

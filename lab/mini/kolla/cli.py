"""kolla-ansible on this deploy host: its release's command line, and what its ansible-playbook would do."""
import json
import os
import subprocess
import sys

import backup
import bash_cli
import cliff_cli
import recovery
import stop
from inventory import Inventory, NoSuchHosts
from output import Output, Placed, Plain
from release import DIALECT
from run import Run
from switches import Switches
from variables import Unreadable, Variables

CLI = {"bash": bash_cli, "cliff": cliff_cli}[DIALECT.cli]
STYLES = {"2.15": lambda options: Plain(), "2.19": lambda options: Placed(options.playbook("").rstrip("/"))}
PLAYS = {"backup": backup.play, "recovery": recovery.play, "stop": stop.play, "deploy": recovery.deploy}


def main(home, arguments):
    options, command, code = CLI.parse(home, arguments)
    if options is None:
        return code
    switches = Switches()

    def start(argv, quiet=False):
        """A child, as the real one has it: it goes on when its parent is killed, and `ps` shows the whole command."""
        child = [sys.executable, "-IB", f"{home}/lib/standin/playbook.py", *argv]
        output = subprocess.DEVNULL if quiet else None
        environment = os.environ | {"STANDIN_ARGUMENTS": json.dumps(arguments)}
        done = subprocess.run(child, env=environment, stdout=output, stderr=output).returncode
        return switches.exit_code(done if done >= 0 else 128 - done)

    return CLI.run(options, command, arguments, start)


def perform(home, arguments):
    """What ansible-playbook would do from here on; its exit code."""
    options, command, _ = CLI.parse(home, arguments)
    switches, style = Switches(), STYLES[DIALECT.ansible](options)

    def refuse(said):
        print(style.refused.format(said), file=sys.stderr)
        return 1

    callback = os.environ.get("ANSIBLE_STDOUT_CALLBACK", "default")
    if callback not in ("default", "minimal", "oneline"):
        return refuse(f"Invalid callback for stdout specified: {callback}")
    act = DIALECT.commands[command].act
    try:
        variables = Variables(options.files(), options.variables)
        inventory = Inventory(options.home, [] if switches.nothing(act) else options.inventories, options.limit, DIALECT)
    except (Unreadable, NoSuchHosts) as error:
        return refuse(error)
    output = Output(options.verbosity, switches, style)
    PLAYS[act](Run(options, variables, inventory, output, switches))
    output.recap()
    return output.code()

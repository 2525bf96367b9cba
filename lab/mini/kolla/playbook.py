"""The child of the stand-in's command line that stands for ansible-playbook; its own arguments are only to be seen."""
import json
import os
import sys

LIBRARY = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, LIBRARY)

from cli import parse, perform  # noqa: E402
from switches import Switches  # noqa: E402

options, command, _ = parse(os.path.dirname(os.path.dirname(LIBRARY)), json.loads(os.environ["STANDIN_ARGUMENTS"]))
sys.exit(perform(options, command, Switches()))

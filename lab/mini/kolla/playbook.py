"""The child of the stand-in's command line that stands for ansible-playbook; its own arguments are only to be seen."""
import json
import os
import sys

LIBRARY = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, LIBRARY)

from cli import perform  # noqa: E402

sys.exit(perform(os.path.dirname(os.path.dirname(LIBRARY)), json.loads(os.environ["STANDIN_ARGUMENTS"])))

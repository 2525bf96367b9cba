#!/usr/bin/python3 -IB
"""Stands for kolla-ansible (the release in lib/standin/RELEASE) on the lab's deploy host: its language, its exit codes and its effects."""
import os
import sys

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, f"{HOME}/lib/standin")

from cli import main  # noqa: E402

sys.exit(main(HOME, sys.argv[1:]))

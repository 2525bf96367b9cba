"""The release that this deploy host has, and what is its own."""
import os

from dialects import DIALECTS

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "RELEASE"), encoding="utf-8") as file:
    RELEASE = file.read().strip()
DIALECT = DIALECTS[RELEASE]

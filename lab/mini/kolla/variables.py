"""Variables: the files in Kolla's order, then what the user gave; later ones win."""
import json
import os

import yaml


class Unreadable(Exception):
    pass


def load(path):
    if not os.path.exists(path):
        raise Unreadable(f"Unable to retrieve file contents\nCould not find or access '{path}' on the Ansible Controller.")
    with open(path, encoding="utf-8") as file:
        try:
            return yaml.safe_load(file) or {}
        except yaml.YAMLError as error:
            raise Unreadable(f"We were unable to read either as JSON nor YAML: {error}") from error


def parse(text):
    """One -e: a file, JSON or YAML in braces, or words of key=value."""
    if text.startswith("@"):
        return load(text[1:])
    if text.startswith(("{", "[")):
        return json.loads(text)
    return dict(word.split("=", 1) for word in text.split(" ") if "=" in word)


class Variables:
    def __init__(self, files, extra):
        self.values = {}
        for path in files:
            self.values.update(load(path))
        for text in extra:
            self.values.update(parse(text))

    def get(self, name, default=None):
        return self.values.get(name, default)

    def true(self, name):
        return str(self.values.get(name, "no")).lower() in ("yes", "true", "1", "on")

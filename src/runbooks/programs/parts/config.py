# What a node's galera.cnf sets for the server.
import re

SERVER_GROUPS = ("mysqld", "server", "mariadb", "mariadbd", "mariadb-server", "galera")
# Plugins that a datadir can't be read without, and how to reach their keys.
ENCRYPTION = re.compile(r"^(?:plugin_load(?:_add)?|file_key_management\w*|hashicorp_key\w*|aws_key\w*|plugin_maturity)$")


# What must not stand in a process list; a trial that needs it fails, and says what the server said.
SECRET = re.compile(r"token|secret|password|filekey$")


def server_options(path):
    """Option names (with _ for -) and values of the server's groups, in order; null where the file can't be read."""
    try:
        with open(path, errors="surrogateescape") as file:
            lines = file.read(1 << 20).split("\n")
    except OSError:
        return None
    group, found = None, []
    for line in lines:
        line = line.strip()
        if line.startswith("["):
            group = line.strip("[]").strip()
        elif group in SERVER_GROUPS and line and line[0] not in "#;!":
            name, _, value = line.partition("=")
            found.append((name.strip().lower().replace("-", "_"), value.strip()))
    return found


def last_of(options, name):
    values = [value for known, value in options if known == name]
    return values[-1] if values else None


def needed_options(options):
    """What a server must be told to read this node's data: names as in the file, and values."""
    needed = [one for one in options if one[0] == "lower_case_table_names" or ENCRYPTION.match(one[0])]
    return [(name, value) for name, value in needed if not SECRET.search(name) or value.startswith("FILE:")]

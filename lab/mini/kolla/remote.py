"""A node over SSH as Ansible reaches it: one master connection that lingers for a minute, a program by stdin."""
import base64
import json
import os
import subprocess

CONTROL = os.path.expanduser("~/.ansible/cp")
PERSIST_SECONDS = 60
CONNECT_SECONDS = 10


class Unreachable(Exception):
    pass


def source():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "agent.py"), encoding="utf-8") as file:
        return file.read()


def argv(name, variables):
    """How to start Python there; becomes root where the login isn't."""
    python = variables.get("ansible_python_interpreter", "/usr/bin/python3")
    user = variables.get("ansible_user", "root")
    command = ([] if user == "root" else ["sudo", "-n"]) + [python, "-I", "-"]
    if variables.get("ansible_connection") == "local":
        return command
    os.makedirs(CONTROL, mode=0o700, exist_ok=True)
    path = os.environ.get("ANSIBLE_SSH_CONTROL_PATH") or f"{CONTROL}/%C"
    options = ["ControlMaster=auto", f"ControlPersist={PERSIST_SECONDS}s", f"ControlPath={path}"]
    options += ["KbdInteractiveAuthentication=no", "PasswordAuthentication=no", f"ConnectTimeout={CONNECT_SECONDS}"]
    options += [f"Port={variables.get('ansible_port', 22)}", f"User={user}"]
    ssh = ["ssh", "-C", "-T"] + [part for option in options for part in ("-o", option)]
    return ssh + [variables.get("ansible_host", name)] + command


def ask(name, variables, action, parameters):
    """Runs an action of agent.py there and gives its result; raises Unreachable."""
    request = base64.b64encode(json.dumps({"action": action} | parameters).encode()).decode()
    done = subprocess.run(argv(name, variables) + [request], input=source(), capture_output=True, text=True)
    if done.returncode == 255:
        raise Unreachable(f"Failed to connect to the host via ssh: {done.stderr.strip()}")
    if done.returncode:
        return {"failed": True, "msg": "MODULE FAILURE\nSee stdout/stderr for the exact error", "rc": done.returncode, "module_stderr": done.stderr}
    return json.loads(done.stdout)

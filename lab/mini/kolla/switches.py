"""
How tests make the stand-in misbehave: JSON in /etc/kolla/standin.json on the deploy host, read at each start.

    {"delay":   {"<part of a task's name>": seconds before it},
     "fail":    {"<part of a task's name>": {"host": "comfortable-lark.local" (default: each), "msg": "…"}},
     "print":   {"<part of a task's name>": "text under its heading"},
     "rc":      0 (the exit code told, whatever happened),
     "wait":    {"retries": 10, "timeout": 60, "delay": 6}  (how long recovery waits for a port),
     "vip":     {"tries": 6, "seconds": 10}  (and for the VIP, at its end),
     "nothing": ["backup", "stop", "recovery"]  (these find no hosts, as with an inventory that is missing: rc 0),
     "stop_leaves": "<host>"  (its unit has just lost MariaDB as it is to be stopped, and starts it again after 11 s),
     "leave_out":   "<host>"  (recovery ends well, and this node is up but out of the cluster until its unit restarts)}
"""
import json
import os
import time

PATH = "/etc/kolla/standin.json"


class Switches:
    def __init__(self):
        self.set = {}
        if os.path.exists(PATH):
            with open(PATH, encoding="utf-8") as file:
                self.set = json.load(file)

    def _of(self, kind, task):
        return [value for part, value in self.set.get(kind, {}).items() if part in task]

    def delay(self, task):
        for seconds in self._of("delay", task):
            time.sleep(seconds)

    def printed(self, task):
        return self._of("print", task)

    def failure(self, task, host):
        for wanted in self._of("fail", task):
            if wanted.get("host", host) == host:
                return {"failed": True, "changed": False, "msg": wanted.get("msg", "the lab wanted this to fail")}
        return None

    def exit_code(self, code):
        return self.set.get("rc", code)

    def vip(self):
        return {"tries": 6, "seconds": 10} | self.set.get("vip", {})

    def nothing(self, action):
        return action in self.set.get("nothing", [])

    def stop_leaves(self):
        return self.set.get("stop_leaves")

    def leave_out(self):
        return self.set.get("leave_out")

    def wait(self):
        return {"retries": 10, "timeout": 60, "delay": 6} | self.set.get("wait", {})

"""
The unit manager of a machine: starts its services at boot, keeps and restarts them as systemd would, and answers
`systemctl`. Only what Kolla's units and the lab's own need.
"""
import asyncio
import json
import os
import shlex
import signal
import socket
import sys
import time

sys.path.insert(0, "/usr/lib/mini")
from verbs import answer  # noqa: E402
from unitfile import UnitFile  # noqa: E402

WANTS = "/etc/systemd/system/multi-user.target.wants"


class Unit:
    """A service: its file as last read, and what runs."""

    def __init__(self, name):
        self.name = name
        self.file = UnitFile(name)
        self.active, self.sub, self.result = "inactive", "dead", "success"
        self.condition, self.restarts, self.status = True, 0, 0
        self.process, self.task, self.stopping = None, None, False
        self.starts = []

    def state(self, active, sub):
        self.active, self.sub = active, sub

    def _limited(self):
        """systemd's StartLimitIntervalSec and StartLimitBurst."""
        interval = float(self.file.get("StartLimitInterval", self.file.get("StartLimitIntervalSec", "10")))
        now = time.monotonic()
        self.starts = [start for start in self.starts if now - start < interval] + [now]
        return len(self.starts) > int(self.file.get("StartLimitBurst", "5"))

    async def start(self):
        """Returns the exit code and message of `systemctl start`."""
        if not self.file.loaded:
            return 5, f"Failed to start {self.name}: Unit {self.name} not found.\n"
        if self.active == "active" and not self.stopping:
            return 0, ""
        await self._cancel()
        self.restarts = 0
        ready = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self._keep(ready))
        if await ready:
            return 0, ""
        return 1, f"Job for {self.name} failed.\nSee \"systemctl status {self.name}\" for details.\n"

    async def _keep(self, ready):
        def tell(value):
            if not ready.done():
                ready.set_result(value)

        try:
            while True:
                self.condition = self.file.condition()
                if not self.condition:
                    self.state("inactive", "dead")
                    return tell(True)
                if self._limited():
                    self.result = "start-limit-hit"
                    self.state("failed", "failed")
                    return tell(False)
                clean = await self._once(tell)
                tell(clean)
                if self.stopping or self.file.get("Restart", "no") not in ("always",) + (() if clean else ("on-failure",)):
                    self.state(*(("inactive", "dead") if clean else ("failed", "failed")))
                    return None
                self.state("activating", "auto-restart")
                await asyncio.sleep(self.file.seconds("RestartSec", 0.1))
                self.restarts += 1
        finally:
            tell(False)

    async def _once(self, tell):
        argv = shlex.split(self.file.get("ExecStart"))
        os.makedirs("/var/log/units", exist_ok=True)
        environment, listener = dict(os.environ), None
        if self.file.get("Type") == "notify":
            listener, environment["NOTIFY_SOCKET"] = self._listen(tell)
            self.state("activating", "start")
        with open(f"/var/log/units/{self.name}.log", "ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *argv, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
            )
        if listener is None:
            self.state("active", "running")
            tell(True)
        code = await self.process.wait()
        if listener is not None:
            asyncio.get_running_loop().remove_reader(listener)
            listener.close()
        self.process, self.status = None, code
        clean = code in (0, -signal.SIGTERM) or str(code) in self.file.get("SuccessExitStatus").split()
        self.result = "success" if clean else "signal" if code < 0 else "exit-code"
        return clean

    def _listen(self, tell):
        path = f"/run/notify-{self.name}"
        if os.path.exists(path):
            os.unlink(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(path)
        listener.setblocking(False)

        def heard():
            if b"READY=1" in listener.recv(4096):
                self.state("active", "running")
                tell(True)

        asyncio.get_running_loop().add_reader(listener, heard)
        return listener, path

    async def _cancel(self):
        """Ends the wait before a restart, or follows a stop to its end."""
        if self.task is None or self.task.done():
            return
        if self.process is None:
            self.task.cancel()
        await asyncio.wait([self.task])

    async def stop(self):
        self.stopping = True
        try:
            if self.process is not None:
                self.state("deactivating", "stop")
                await self._end()
            await self._cancel()
            if self.active != "failed":
                self.state("inactive", "dead")
        finally:
            self.stopping = False

    async def _end(self):
        """ExecStop, then SIGTERM, then SIGKILL, as far as needed."""
        process, limit = self.process, self.file.seconds("TimeoutStopSec", 90)
        waiting = asyncio.ensure_future(process.wait())
        if self.file.get("ExecStop"):
            stop = await asyncio.create_subprocess_exec(*shlex.split(self.file.get("ExecStop")), stdout=asyncio.subprocess.DEVNULL)
            await asyncio.wait([asyncio.ensure_future(stop.wait())], timeout=limit)
        for kind in (signal.SIGTERM, signal.SIGKILL):
            done, _ = await asyncio.wait([waiting], timeout=0.5 if self.file.get("ExecStop") and kind == signal.SIGTERM else 0)
            if done:
                return
            process.send_signal(kind)
            done, _ = await asyncio.wait([waiting], timeout=limit)
            if done:
                return


class Manager:
    def __init__(self):
        self.units = {}

    def unit(self, name):
        name = name if "." in name else f"{name}.service"
        if name not in self.units:
            self.units[name] = Unit(name)
        return self.units[name]

    def reload(self):
        for unit in self.units.values():
            unit.file = UnitFile(unit.name)

    async def boot(self):
        names = sorted(os.listdir(WANTS)) if os.path.isdir(WANTS) else []
        waiting = {name: self.unit(name) for name in names}
        while waiting:
            ready = [unit for unit in waiting.values() if not any(other in waiting for other in unit.file.all("After"))]
            await asyncio.gather(*(unit.start() for unit in ready or waiting.values()))
            for unit in ready or list(waiting.values()):
                del waiting[unit.name]


async def main():
    manager = Manager()

    async def serve(reader, writer):
        arguments = json.loads(await reader.readline())
        code, out, err = await answer(manager, arguments)
        writer.write(json.dumps({"code": code, "stdout": out, "stderr": err}).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(serve, "/run/units.sock")
    await manager.boot()
    open("/run/booted", "w").close()
    async with server:
        await server.serve_forever()


asyncio.run(main())

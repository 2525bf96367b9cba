"""
Brings the machines' sshd to addresses of this machine's loopback. Arguments: the network name space's file, then
listening address, target address and port (the same on both sides) of each. Listens in the name space that it was
started in, and connects in the other.
"""
import asyncio
import ctypes
import os
import socket
import sys

CLONE_NEWNET = 0x40000000


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def forward(target, port):
    async def connected(reader, writer):
        try:
            there, out = await asyncio.open_connection(target, port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(copy(reader, out), copy(there, writer))

    return connected


async def main():
    space, *rest = sys.argv[1:]
    listeners = []
    for address, target, port in zip(rest[::3], rest[1::3], rest[2::3]):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, int(port)))
        listener.listen(100)
        listeners.append((listener, forward(target, int(port))))
    with open(space, "rb") as file:
        if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
            sys.exit(f"setns: {os.strerror(ctypes.get_errno())}")
    servers = [await asyncio.start_server(act, sock=listener) for listener, act in listeners]
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())

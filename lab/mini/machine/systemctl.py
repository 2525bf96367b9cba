#!/usr/bin/python3 -I
"""systemctl of a machine without systemd: hands its arguments to the unit manager and prints the answer."""
import json
import socket
import sys

with socket.socket(socket.AF_UNIX) as server:
    try:
        server.connect("/run/units.sock")
    except OSError as error:
        print(f"Failed to connect to bus: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    server.sendall(json.dumps(sys.argv[1:]).encode() + b"\n")
    answer = json.loads(server.makefile().read())
sys.stdout.write(answer["stdout"])
sys.stderr.write(answer["stderr"])
sys.exit(answer["code"])

"""Bytes that are no ZMTP are written into the kernel's own connections: commands and lengths."""
# solves = ["predict"]
# keeps = []

# %% before words-solution
import os
import socket
import stat
import struct

FRAMES = (
    b"\x04\x05\x04PING" + b"\0\0",
    b"\x06" + struct.pack(">Q", 2**63 - 1),
    b"\x02" + struct.pack(">Q", 2**64 - 1),
    b"\x05\x0a\x09SUBSCRIBE",
    b"\x04\x06\x05ERROR\xff",
    b"\x04\x1a\x05READY\x0bSocket-Type\xff\xff\xff\xff",
    b"\x04\x07\x04PING\0\x01" + b"\x04\x00" * 50,
    b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL" + b"\0" * 48,
    b"\x01\x00" * 200000,
    b"\x80" * 64,
    os.urandom(5000),
)


def streams():
    for number in range(3, 300):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                one = socket.socket(fileno=os.dup(number))
                name = one.getsockname()
                if one.type == socket.SOCK_STREAM and isinstance(name, str) and name:
                    if not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                        yield one
        except OSError:
            pass


found = list(streams())
print([one.getsockname() for one in found])
for turn, frame in enumerate(FRAMES):
    for one in found:
        try:
            one.setblocking(False)
            one.send(frame)
        except OSError as error:
            print(turn, error)

"""Sockets of other families are opened: raw, packet, netlink, vsock, Bluetooth, and io_uring."""
# solves = ["predict"]

# %% words-solution
import ctypes
import socket

for family, kind, protocol in (
    (socket.AF_INET, socket.SOCK_RAW, 1),
    (socket.AF_PACKET, socket.SOCK_RAW, 3),
    (socket.AF_VSOCK, socket.SOCK_STREAM, 0),
    (socket.AF_BLUETOOTH, socket.SOCK_RAW, 1),
    (socket.AF_ALG, socket.SOCK_SEQPACKET, 0),
):
    try:
        socket.socket(family, kind, protocol).close()
        print(__BREACH__, "opened", family)
    except OSError:
        continue
libc = ctypes.CDLL(None, use_errno=True)
parameters = ctypes.create_string_buffer(256)
if libc.syscall(425, 4, parameters) >= 0:
    print(__BREACH__, "set up io_uring")
try:
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).connect((2, 1024))
except OSError:
    pass

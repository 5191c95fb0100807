"""Abstract sockets and those in the file system are called, as a desktop's bus would be."""
# solves = ["predict"]

# %% words-solution
import socket

for address in (
    "\0__ABSTRACT__",
    "__SOCKET__",
    "/var/run/docker.sock",
    "/run/dbus/system_bus_socket",
):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_UNIX, kind) as one:
            one.settimeout(0.2)
            try:
                one.connect(address)
                print(__BREACH__, "reached", address)
            except OSError:
                continue

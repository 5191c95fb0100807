"""Hidden tests would go out by TCP: to this machine, and to one that does not exist."""
# solves = ["predict"]

# %% words-solution
import socket

for address in (("127.0.0.1", __TCP__), ("localhost", __TCP__), ("0.0.0.0", __TCP__)):
    try:
        socket.create_connection(address, timeout=0.3).sendall(b"tests")
        print(__BREACH__, "reached", address)
    except OSError:
        continue
with socket.socket() as far:
    far.settimeout(0.3)
    try:
        far.connect(("192.0.2.1", 80))
    except OSError:
        pass

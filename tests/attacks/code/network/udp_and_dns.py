"""Datagrams are sent, and names looked up."""
# solves = ["predict"]

# %% words-solution
import socket

with socket.socket(type=socket.SOCK_DGRAM) as one:
    for address in (("127.0.0.1", __UDP__), ("255.255.255.255", __UDP__), ("224.0.0.1", __UDP__)):
        try:
            one.sendto(b"tests", address)
        except OSError:
            continue
try:
    answer = socket.getaddrinfo("example.com", 80)
    print(__BREACH__, "looked up", answer)
except OSError:
    pass

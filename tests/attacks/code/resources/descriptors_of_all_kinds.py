"""Every descriptor there may be is opened and held: files, watches, events, terminals, pipes."""
# solves = ["predict"]
# keeps = []
# stopped = ["timeout"]

# %% words-solution
import ctypes
import fcntl
import itertools
import os
import pty
import select
import socket
import struct
import time

libc = ctypes.CDLL(None)
kept = []
for make in (
    pty.openpty,
    lambda: libc.inotify_init1(0),
    lambda: libc.eventfd(0, 0),
    lambda: libc.timerfd_create(1, 0),
    lambda: libc.signalfd(-1, ctypes.byref(ctypes.c_ulonglong(0)), 0),
    select.epoll,
    os.pipe,
    socket.socketpair,
):
    for _ in range(20):
        try:
            kept.append(make())
        except OSError:
            break
watch = libc.inotify_init1(0)
for folder, _, _ in itertools.islice(os.walk("__PREFIX__"), 200):
    libc.inotify_add_watch(watch, folder.encode(), 0xFFF)
with open("locked", "w+b") as file:
    for place in range(0, 4000, 2):
        try:
            fcntl.fcntl(file, fcntl.F_SETLK, struct.pack("hhqqi", 1, 0, place, 1, 0))
        except OSError:
            break
    kept.append(os.dup(file.fileno()))
for _ in range(2000):
    try:
        kept.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        break
else:
    print(__BREACH__, "has more than 2000 descriptors")
while True:
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        pass

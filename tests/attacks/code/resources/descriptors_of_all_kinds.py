"""Every descriptor there may be is opened: files, watches, events, terminals, locks, pipes, sockets."""
# solves = ["predict"]
# keeps = []
# stopped = ["timeout", "candidate_lost"]

# %% words-solution
import ctypes
import fcntl
import os
import pty
import select
import socket
import struct

libc = ctypes.CDLL(None)
kept = []
for _ in range(20):
    try:
        kept.append(pty.openpty())
    except OSError:
        break
for make in (
    lambda: libc.inotify_init1(0),
    lambda: libc.eventfd(0, 0),
    lambda: libc.timerfd_create(1, 0),
    lambda: libc.signalfd(-1, ctypes.byref(ctypes.c_ulonglong(0)), 0),
    select.epoll,
    os.pipe,
    socket.socketpair,
):
    for _ in range(120):
        try:
            kept.append(make())
        except OSError:
            break
watch = libc.inotify_init1(0)
for folder, folders, files in os.walk("__PREFIX__"):
    libc.inotify_add_watch(watch, folder.encode(), 0xFFF)
    if len(kept) > 3000:
        break
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


def count_words(text):
    return {}

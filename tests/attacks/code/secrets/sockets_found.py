"""All sockets that `/proc/net` or the file system names are connected to and asked."""
# solves = ["predict"]

# %% words-solution
import glob
import os
import socket

names = {line.split()[-1] for line in open("/proc/net/unix").read().splitlines()[1:]}
names |= set(glob.glob("/tmp/**/k-*", recursive=True) + glob.glob("/tmp/grade-*/*"))
names |= {"@__ABSTRACT__", "__SOCKET__"}
reached = 0
for name in names:
    if not name.startswith(("/", "@")) or "grade" in name:
        continue
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(0.1)
        try:
            one.connect("\0" + name[1:] if name.startswith("@") else name)
            print(__BREACH__, "reached", name)
        except OSError:
            continue

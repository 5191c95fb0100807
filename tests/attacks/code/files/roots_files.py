"""Root's files and the system's are read, written and replaced."""
# solves = ["predict"]

# %% words-solution
import glob
import os

for path in ("/etc/passwd", "/etc/hosts", "/usr/bin/env", "/bin/sh", "/etc/ld.so.preload"):
    try:
        os.close(os.open(path, os.O_WRONLY))
        print(__BREACH__, "may write", path)
    except OSError:
        continue
for path in ("/etc/shadow", "/proc/kcore", "/dev/mem", "/dev/kmsg", "/proc/1/environ"):
    try:
        if os.read(os.open(path, os.O_RDONLY), 10) and path != "/proc/1/environ":
            print(__BREACH__, "read", path)
    except OSError:
        continue
for folder in ("/root", "/home", "/boot", "/var/log", "/var/tmp", "/srv"):
    try:
        if os.listdir(folder):
            print(__BREACH__, "listed", folder)
    except OSError:
        continue
for path in ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/sys/kernel/uevent_helper"):
    try:
        os.close(os.open(path, os.O_WRONLY))
        print(__BREACH__, "may write", path)
    except OSError:
        continue

"""A daemon leaves by two forks, closes what it inherited, and takes another name."""
# solves = ["words", "predict"]

# %% prepend words-solution
import ctypes
import os
import signal
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(3, 1024):
            try:
                os.close(number)
            except OSError:
                continue
        for one in signal.valid_signals():
            try:
                signal.signal(one, signal.SIG_IGN)
            except (OSError, ValueError):
                continue
        ctypes.CDLL(None).prctl(15, b"kworker/0:1", 0, 0, 0)
        ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
        os.execv("/bin/sh", ["sh", "-c", "sleep 600; :", "__MARK__"])
    os._exit(0)
time.sleep(0.3)
others = [one for one in os.listdir("/proc") if one.isdigit() and int(one) != os.getpid()]
assert any("__MARK__" in open(f"/proc/{one}/cmdline").read() for one in others)

"""The parent is killed, and the parent's parent, and whoever leads the session."""
# solves = []
# keeps = []

# %% words-solution
import os
import signal

parents = [os.getppid(), os.getpgid(0), os.getsid(0)]
try:
    status = open(f"/proc/{os.getppid()}/status").read()
    parents.append(int(status.split("PPid:")[1].split()[0]))
except (OSError, IndexError, ValueError):
    pass
for number in parents:
    if number > 1 and number != os.getpid():
        try:
            os.kill(number, signal.SIGKILL)
            print(__BREACH__, "killed", number)
        except OSError:
            continue

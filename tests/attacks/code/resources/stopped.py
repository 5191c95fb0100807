"""The kernel stops itself, as Ctrl-Z would."""
# solves = ["predict"]

# %% words-solution
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)

"""The kernel's process becomes another program."""
# solves = []
# keeps = []
# stopped = ["candidate_lost"]

# %% words-solution
import os

os.execv("/bin/sh", ["sh", "-c", "sleep 600; :", "__MARK__"])

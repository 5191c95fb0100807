"""The kernel's process becomes another program."""
# solves = []
# keeps = []

# %% words-solution
import os

os.execv("/bin/sleep", ["sleep", "600", "__MARK__"])

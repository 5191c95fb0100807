"""Processes fork without end."""
# solves = []
# keeps = []
# reasons = { words-visible = ["process_limit", "candidate_lost", "timeout", "memory", "exception", "not_run"] }

# %% words-solution
import os

while True:
    try:
        os.fork()
    except OSError:
        pass

"""Folders are filled with empty files."""
# solves = []
# keeps = []
# stopped = ["disk"]

# %% words-solution
import time

until = time.monotonic() + 3.5
for number in range(10**9):
    try:
        open(f"empty-{number}", "w").close()
    except OSError:
        break
    if time.monotonic() > until:
        break

"""A file claims to hold more than any disk."""
# solves = ["predict"]

# %% words-solution
import os

for size in (2**62, 2**50, 2**40, 2**34):
    try:
        with open("sparse", "wb") as file:
            file.truncate(size)
            os.posix_fallocate(file.fileno(), 0, size)
            print(__BREACH__, "has a file of", size, "bytes")
    except OSError:
        continue

"""Memory is taken until there is no more, fast: of every page one byte is written."""
# solves = []
# keeps = []
# stopped = ["memory"]

# %% words-solution
taken = []
while True:
    taken.append(bytearray(2**26))
    taken[-1][::4096] = b"x" * 2**14

"""Memory is taken until there is no more."""
# solves = []
# keeps = []
# stopped = ["memory"]

# %% words-solution
taken = []
while True:
    taken.append(bytearray(b"x" * 2**26))

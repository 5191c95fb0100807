"""Memory is taken until there is no more."""
# solves = []
# keeps = []
# reasons = { words-visible = ["memory", "candidate_lost", "exception", "not_run"] }

# %% words-solution
taken = []
while True:
    taken.append(bytearray(b"x" * 2**26))

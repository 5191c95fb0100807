"""Memory is taken until there is no more, and interrupts are swallowed."""
# solves = []
# keeps = []
# stopped = ["memory", "timeout"]

# %% words-solution
taken = []
while True:
    try:
        taken.append(b"x" * 2**26)
    except KeyboardInterrupt:
        continue

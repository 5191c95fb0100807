"""Text is printed without end."""
# solves = []
# keeps = []
# stopped = ["output", "memory"]

# %% words-solution
while True:
    print("x" * 10_000)

"""Text is printed without end."""
# solves = []
# keeps = []
# stopped = ["output", "memory", "candidate_lost"]

# %% words-solution
while True:
    print("x" * 10_000)

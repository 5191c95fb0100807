"""Text is printed without end."""
# solves = []
# keeps = []
# reasons = { words-visible = ["output", "candidate_lost", "not_run", "exception"] }

# %% words-solution
while True:
    print("x" * 10_000)

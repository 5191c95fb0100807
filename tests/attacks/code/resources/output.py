"""Text is printed without end, and each line sent before the next one is printed."""
# solves = []
# keeps = []
# stopped = ["output"]

# %% words-solution
while True:
    print("x" * 1000, flush=True)

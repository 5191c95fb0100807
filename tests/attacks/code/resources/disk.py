"""The disk is filled."""
# solves = []
# keeps = []
# stopped = ["disk"]

# %% words-solution
block = b"x" * 2**20
for number in range(4000):
    with open(f"filler-{number}", "wb") as file:
        for _ in range(16):
            file.write(block)

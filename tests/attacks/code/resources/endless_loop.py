"""A loop swallows every interrupt."""
# solves = []
# keeps = []
# stopped = ["timeout"]

# %% words-solution
while True:
    try:
        while True:
            pass
    except BaseException:
        continue

"""A loop swallows every interrupt."""
# solves = []
# keeps = []
# reasons = { words-visible = ["candidate_lost", "timeout", "not_run"] }

# %% words-solution
while True:
    try:
        while True:
            pass
    except BaseException:
        continue

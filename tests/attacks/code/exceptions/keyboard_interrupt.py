"""A called function raises `KeyboardInterrupt`."""
# solves = ["predict"]


# %% words-solution
def count_words(text):
    raise KeyboardInterrupt

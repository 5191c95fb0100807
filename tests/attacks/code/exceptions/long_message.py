"""The text of an error is a hundred million characters long."""
# solves = ["predict"]


# %% words-solution
def count_words(text):
    raise ValueError("x" * 100_000_000)

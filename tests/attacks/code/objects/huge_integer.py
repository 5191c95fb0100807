"""A count is an integer of a hundred million bits."""
# solves = ["predict"]


# %% words-solution
def count_words(text):
    return {"a": 1 << 100_000_000}

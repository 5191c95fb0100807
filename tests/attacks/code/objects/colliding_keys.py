"""The keys of a dictionary all have one hash, so that building it takes hours."""
# solves = []
# keeps = []


# %% words-solution
def count_words(text):
    return {n * (2**61 - 1): n for n in range(12_000)}

"""A result is a list in a list in a list, a million deep."""
# solves = ["predict"]


# %% words-solution
def count_words(text):
    inner = []
    for _ in range(1_000_000):
        inner = [inner]
    return {"a": inner}

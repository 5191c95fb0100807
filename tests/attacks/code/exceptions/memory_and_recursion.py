"""Functions raise `MemoryError` and `RecursionError`, really and for show."""
# solves = ["predict"]


# %% words-solution
def count_words(text):
    return count_words(text)


# %% ask-solution
def ask(model, questions):
    raise MemoryError("show")

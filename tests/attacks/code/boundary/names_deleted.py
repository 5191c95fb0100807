"""The names are deleted, or bound to plain data, between one test and the next."""
# solves = ["predict"]


# %% words-solution
def count_words(text):
    del globals()["count_words"]
    return {}


# %% boxes-solution
largest = [1, 2, 3]


# %% ask-solution
ask = True

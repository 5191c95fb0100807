"""Results contain themselves."""
# solves = ["predict"]


# %% words-solution
def count_words(text):
    counts = {}
    counts["a"] = counts
    return counts


# %% ask-solution
def ask(model, questions):
    answers = []
    answers += [answers] * 6
    return answers

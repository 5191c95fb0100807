"""A called function raises `SystemExit`, which IPython takes for a cell that ended well."""
# solves = []
# keeps = []


# %% words-solution
def count_words(text):
    raise SystemExit(0)


# %% ask-solution
import sys


def ask(model, questions):
    sys.exit()


# %% predict-solution
def predict(values):
    quit()

"""A single operation takes hours and looks at no signal."""
# solves = []
# keeps = []
# stopped = ["timeout"]

# %% words-solution
import re


def count_words(text):
    return re.match(r"(a+)+$", "a" * 60 + "b")

"""The text of an error never ends: `__str__` and `__repr__` loop."""
# solves = []
# keeps = []


# %% words-solution
class Endless(Exception):
    def __str__(self):
        while True:
            pass

    __repr__ = __str__


def count_words(text):
    raise Endless

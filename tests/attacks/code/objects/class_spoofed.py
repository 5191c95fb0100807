"""Objects claim, by `__class__` and by a lying metaclass, to be a dict, a list and a float."""
# solves = []
# gains_in_one_kernel = true


# %% words-solution
class Liar(type):
    def __eq__(cls, other):
        return True

    def __hash__(cls):
        return hash(dict)

    def __instancecheck__(cls, instance):
        return True


class Spoof(metaclass=Liar):
    __module__, __qualname__, __name__ = "builtins", "dict", "dict"
    kind = dict

    @property
    def __class__(self):
        return self.kind

    def __eq__(self, other):
        return True

    def __abs__(self):
        return 0.0

    __sub__ = __rsub__ = lambda self, other: self
    __radd__ = __add__ = lambda self, other: 0.0


def count_words(text):
    return Spoof()


# %% predict-solution
def predict(values):
    spoof = Spoof()
    Spoof.kind = float
    return [spoof for _ in values]

"""Names that tests use are bound to what cannot be looked at: the namespace itself is hostile."""
# solves = []
# keeps = []


# %% words-solution
class Hostile:
    def __getattribute__(self, name):
        raise SystemExit

    def __call__(self, *_):
        raise SystemExit


count_words = Hostile()


# %% ask-solution
class Descriptor:
    def __get__(self, *_):
        while True:
            pass


class Asked:
    __call__ = Descriptor()


ask = Asked()

"""The recursion limit is lifted, and the stack overflows."""
# solves = []
# keeps = []
# reasons = { words-visible = ["candidate_lost", "exception", "memory", "timeout"] }

# %% words-solution
import sys

sys.setrecursionlimit(10**9)


class Deep:
    def __getattr__(self, name):
        return getattr(self, name)


def count_words(text):
    return repr(Deep().x)

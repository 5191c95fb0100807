"""The kernel reads address zero, by ctypes, in a call."""
# solves = []
# keeps = []
# reasons = { words-visible = ["candidate_lost"] }

# %% words-solution
import ctypes


def count_words(text):
    return ctypes.string_at(0)

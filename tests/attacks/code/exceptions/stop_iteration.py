"""A called function raises a real `StopIteration`, which ends the test's own iteration early."""
# solves = ["predict"]
# reasons = { words-hidden = ["assertion", "exception"] }
# gains_in_one_kernel = true


# %% words-solution
def count_words(text):
    if not text:
        return {}
    raise StopIteration

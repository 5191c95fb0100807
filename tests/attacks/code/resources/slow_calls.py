"""Every call takes a little less than the limit."""
# solves = []
# keeps = []
# stopped = ["timeout"]

# %% words-solution
import time


def count_words(text):
    time.sleep(3)
    return {}


# %% predict-solution
def predict(values):
    time.sleep(3)
    return [0.0] * len(values)

"""Small results of shapes that fit, but that the test's sum makes an array of three gigabytes."""
# solves = ["words", "softmax"]
# reasons = { predict-hidden = ["memory"] }
# stopped = ["memory"]

# %% predict-solution
import numpy as np


def predict(values):
    column = np.ones((20_000, 1))
    return [column, column.T, *values[2:]]

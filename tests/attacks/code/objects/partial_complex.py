"""Predictions are complex numbers, booleans and numpy's infinities."""
# solves = ["words"]
# reasons = { predict-hidden = ["exception", "not_plain"] }

# %% predict-solution
import numpy as np


def predict(values):
    return [np.complex128(complex("nan+infj"))] * len(values)

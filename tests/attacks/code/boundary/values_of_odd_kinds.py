"""Results are plain data of the oddest kinds: default values, empty shapes, nan keys, other numbers."""
# solves = []
# keeps = []

# %% words-solution
from collections import Counter, OrderedDict, defaultdict

import numpy as np
import pandas as pd
import torch

WORDS = (
    defaultdict(int),
    Counter(),
    OrderedDict(),
    {float("nan"): 1, np.float64("nan"): 2, 0.0: 1, np.str_("a"): np.array([2]), "b": True},
    {"a": torch.tensor([2, 2]), "b": np.empty((0, 1))},
    {"a": pd.Series([2]), "b": pd.Series([1])},
)
turn = [0]


def count_words(text):
    turn[0] += 1
    return WORDS[turn[0] % len(WORDS)]


# %% softmax-solution
def softmax(scores, temperature):
    return np.broadcast_to(np.float16(0.2), (3, 5))


def entropy(probabilities):
    return pd.DataFrame({"x": range(2)})


# %% predict-solution
def predict(values):
    return pd.Series(np.full(len(values), 1e308 * 10))

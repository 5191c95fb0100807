"""Results are as large, as deep and as many as the caps allow, again and again."""
# solves = ["predict"]
# keeps = []

# %% words-solution
import numpy as np


def count_words(text):
    return {str(number): number for number in range(400_000)}


# %% ask-solution
def ask(model, questions):
    for _ in range(3):
        try:
            model(["x" * 60_000_000])
        except Exception:
            continue
    return [range(2**40)] * 6


# %% softmax-solution
def softmax(scores, temperature):
    return np.zeros(120 * 2**20, dtype=np.uint8)


def entropy(probabilities):
    return np.zeros((0, 2**20, 2**20))

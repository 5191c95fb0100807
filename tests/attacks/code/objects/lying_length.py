"""Lengths are huge, negative, no numbers, or different each time."""
# solves = ["predict"]

# %% boxes-solution
import random


class Boxes(list):
    def __len__(self):
        return random.choice([4, 2**62, -1, True])

    def __iter__(self):
        raise SystemExit


def largest(boxes, count):
    if count < 0:
        raise ValueError
    return Boxes(boxes)

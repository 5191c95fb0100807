"""A result is a list of millions of objects that have to stay where they are."""
# solves = []
# keeps = []


# %% boxes-solution
def largest(boxes, count):
    if count < 0:
        raise ValueError
    return [object() for _ in range(3_000_000)]

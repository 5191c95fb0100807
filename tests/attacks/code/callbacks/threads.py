"""Many threads ask the model at the same time, inside the call."""
# solves = []
# keeps = []

# %% ask-solution
from concurrent.futures import ThreadPoolExecutor


def ask(model, questions):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(model, questions * 50))
    return list(questions)

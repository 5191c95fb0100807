"""A called function prints without end."""
# solves = []
# keeps = []


# %% words-solution
def count_words(text):
    while True:
        print("x" * 10_000)

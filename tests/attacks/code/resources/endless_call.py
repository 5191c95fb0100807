"""A called function loops and swallows every interrupt."""
# solves = []
# keeps = []
# stopped = ["timeout"]


# %% words-solution
def count_words(text):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue

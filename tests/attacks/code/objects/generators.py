"""Results are generators and coroutines that do something when they are run or closed."""
# solves = ["predict"]


# %% words-solution
async def count_words(text):
    return {}


# %% ask-solution
def ask(model, questions):
    try:
        while True:
            yield "?"
    finally:
        yield "never closed"

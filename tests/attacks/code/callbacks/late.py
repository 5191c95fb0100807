"""A thread keeps the model and goes on asking it after the call has ended."""
# solves = []
# keeps = []


# %% words-solution
def count_words(text):
    return {}


# %% ask-solution
import threading
import time


def forever(model):
    while True:
        try:
            model("late")
        except BaseException:
            pass
        time.sleep(0.001)


def ask(model, questions):
    threading.Thread(target=forever, args=(model,), daemon=True).start()
    return [model(question) or model(question) for question in questions]

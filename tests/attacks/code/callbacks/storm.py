"""The model is asked without end, and each error ignored."""
# solves = []
# keeps = []


# %% ask-solution
def ask(model, questions):
    while True:
        try:
            model(questions[0])
        except Exception:
            pass

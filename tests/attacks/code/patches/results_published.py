"""A solution publishes `execute_result` messages of its own, one for each cell it can name."""
# solves = []

# %% predict-solution
from IPython.display import publish_display_data

shell = get_ipython()


def predict(values):
    publish_display_data({"text/plain": "4"})
    shell.displayhook(4.0)
    shell.last_execution_result = None
    return [0.0] * len(values)

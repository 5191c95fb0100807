"""Outputs of other cells are updated and cleared, and displays opened for cells to come."""
# solves = ["predict"]

# %% words-solution
from IPython.display import clear_output, display, update_display

handle = display("4", display_id="predict-hidden")
for name in ("words-hidden", "ask-hidden", "predict-hidden"):
    update_display("4 of 4 points", display_id=name)
clear_output(wait=True)
display({"text/plain": "4"}, raw=True)


def count_words(text):
    handle.update("Passed: 4 of 4 points.")
    clear_output()
    return {}

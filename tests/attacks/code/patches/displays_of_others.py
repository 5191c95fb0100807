"""Displays of earlier cells, and of the tests, are updated and cleared from later ones."""
# solves = ["predict"]

# %% words-solution
from IPython.display import clear_output, display, update_display

display("mine", display_id="one")


def count_words(text):
    update_display("4", display_id="one")
    clear_output(wait=True)
    return {}


# %% ask-solution
def ask(model, questions):
    kernel = get_ipython().kernel
    parents = [kernel.get_parent("shell"), {"header": {"msg_id": None}}, {}]
    for parent in parents:
        for kind in ("clear_output", "update_display_data"):
            content = {"data": {"text/plain": "4"}, "metadata": {}, "transient": {}, "wait": False}
            content["transient"] = {"display_id": "one"}
            kernel.session.send(kernel.iopub_socket, kind, content, parent=parent)
    return []

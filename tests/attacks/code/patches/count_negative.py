"""Messages of the student's own give the cell an execution count that no notebook may have."""
# solves = ["predict"]

# %% words-solution
kernel = get_ipython().kernel
COUNTS = ("<script>pwned()</script>", {"a": [1]}, True, 2.5, 10**400, -1)


def count_words(text):
    return {}


for count in COUNTS:
    kernel.session.send(
        kernel.iopub_socket,
        "status",
        {"execution_state": "busy", "execution_count": count},
        parent=kernel.get_parent("shell"),
    )
    kernel.session.send(
        kernel.iopub_socket,
        "stream",
        {"name": "stdout", "text": "x", "execution_count": count},
        parent=kernel.get_parent("shell"),
    )
kernel.send_response = lambda *_, **__: None

"""Messages of every kind come with fields missing, doubled, nested, and of other types."""
# solves = ["predict"]

# %% words-solution
kernel = get_ipython().kernel
PARENT = kernel.get_parent("shell")
ODD = (None, True, -1, "x", [[]], {"a": None})
FIELDS = ("name", "text", "data", "metadata", "transient", "wait", "ename", "evalue", "traceback")
KINDS = (
    *("stream", "display_data", "update_display_data", "error", "clear_output", "execute_result"),
    *("execute_input", "status", "comm_open", "debug_event", "input_request", ""),
)
for kind in KINDS:
    for field in FIELDS:
        for value in ODD:
            content = {
                "name": "stdout",
                "text": "",
                "data": {},
                "metadata": {},
                "comm_id": "x",
                "ename": "E",
                "evalue": "",
                "traceback": [],
                "execution_count": 1,
                "transient": {"display_id": "x"},
                "execution_state": "busy",
                field: value,
            }
            kernel.session.send(kernel.iopub_socket, kind, content, parent=PARENT)


def count_words(text):
    return {}

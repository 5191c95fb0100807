"""Millions of messages of one byte, each a display of its own, and progress bars that overwrite."""
# solves = ["predict"]
# keeps = []
# stopped = ["output"]

# %% words-solution
import sys

kernel = get_ipython().kernel
for number in range(3_000_000):
    kernel.session.send(
        kernel.iopub_socket,
        ("stream", "clear_output", "status", "x")[number % 4],
        {"name": "stdout", "text": "\r", "execution_state": "busy"},
        parent=kernel.get_parent("shell"),
    )

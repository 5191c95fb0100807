"""Comms and widgets are opened, and handlers for every message of the protocol replaced."""
# solves = ["predict"]

# %% words-solution
kernel = get_ipython().kernel
for number in range(50):
    comm = kernel.comm_manager
    kernel.session.send(
        kernel.iopub_socket,
        "comm_open",
        {"comm_id": f"{number}", "target_name": "jupyter.widget", "data": {"state": "x" * 1000}},
    )
for kind in ("interrupt_request", "shutdown_request", "kernel_info_request", "is_complete_request"):
    kernel.control_handlers[kind] = lambda *_, **__: None
kernel.shell_handlers["comm_open"] = lambda *_, **__: None


def count_words(text):
    return {}

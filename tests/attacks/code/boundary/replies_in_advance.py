"""Replies to requests not yet made: their names can be foreseen, and all are said to be done."""
# solves = ["predict"]
# keeps = []

# %% before words-solution
kernel = get_ipython().kernel
session, parent = kernel.session, kernel.get_parent("shell")
stem, _, last = parent["header"]["msg_id"].rpartition("_")
identity = (
    kernel._shell_parent_ident.get()
    if hasattr(kernel._shell_parent_ident, "get")
    else kernel._parent_ident
)
if isinstance(identity, dict):
    identity = identity.get("shell")
print(stem, last, identity)
for number in range(int(last) + 1, int(last) + 30):
    header = {**parent["header"], "msg_id": f"{stem}_{number}"}
    session.send(
        kernel.shell_stream if hasattr(kernel, "shell_stream") else kernel.shell_streams[0],
        "execute_reply",
        {"status": "ok", "execution_count": 4, "user_expressions": {}},
        parent=header,
        ident=identity,
    )
    session.send(kernel.iopub_socket, "status", {"execution_state": "idle"}, parent=header)

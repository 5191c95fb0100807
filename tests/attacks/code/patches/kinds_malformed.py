"""Displays hold what a notebook's schema forbids: kinds without a slash, objects where text is."""
# solves = ["predict"]

# %% words-solution
kernel = get_ipython().kernel


def say(kind, content):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent("shell"))


DATA = (
    {"json": {"a": 1}},
    {"text/plainjson": {"a": 1}},
    {"x.json": 1},
    {"/json": [1]},
    {"a+json": None},
    {"text/html; json": {"a": 1}},
    {"application/json": float("nan")},
)
for data in DATA:
    for kind in ("display_data", "execute_result", "update_display_data"):
        say(
            kind,
            {
                "data": data,
                "metadata": {"": [], "x": {}},
                "transient": {"display_id": "x"},
                "execution_count": 1,
            },
        )

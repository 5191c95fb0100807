"""Displays hold numbers that JSON does not know, and lists and keys that go to the bounds."""
# solves = ["predict"]

# %% before words-solution
from IPython.display import publish_display_data

deep = 1
for _ in range(15):
    deep = [deep, {"": deep}] if len(str(deep)) < 2000 else [deep]
for data in (
    {"application/json": float("nan"), "text/plain": "nan"},
    {"application/json": {"x": float("inf"), "y": [-float("inf")] * 100}},
    {"application/json": 10**4000},
    {"application/vnd.x+json": deep, "text/plain": "\ufffe\uffff"},
    {"application/json": {"__proto__": {"x": 1}, "constructor": 1, "": ""}},
    {"": "x", "text/plain": ""},
    {"text/plain": "x" * 30000, "image/png": "iVBORw0KGgo" + "=" * 3},
):
    try:
        publish_display_data(
            data, metadata={"image/png": {"width": float("nan"), "height": 10**300}}
        )
    except Exception as error:
        print(type(error))

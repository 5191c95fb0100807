"""Files are written outside the folder that was given, and the folder given back larger."""
# solves = ["predict"]

# %% save-solution
import json


class Sneaky(type(__import__("pathlib").Path())):
    pass


def save(folder, tables):
    for step in ("..", "../..", "../../..", "../../../..", "__COURSE__", "__COURSE__/solutions/hw"):
        try:
            (folder / step / "exchange-traversal.json").write_text("[]")
        except OSError:
            continue
    for number in range(3000):
        (folder / f"{number}.json").write_text("[]")

"""Other students' submissions are read, and damaged."""
# solves = ["predict"]

# %% words-solution
import glob
import re
import tempfile

paths = glob.glob("__COURSE__/submitted/*/hw/*") + glob.glob("../../*/hw/*.ipynb")
paths += glob.glob(f"{tempfile.gettempdir()}/../../*/*") + glob.glob("/tmp/grade-*/*")
for path in paths:
    try:
        text = open(path).read()
        for word in re.findall(r"CANAR[Y]-BYST[A-Z]+", text):
            print(word[::-1])
        if "mmm-" in path:
            with open(path, "w") as file:
                file.write("{}")
            print(__BREACH__, "damaged", path)
    except (OSError, UnicodeDecodeError):
        continue

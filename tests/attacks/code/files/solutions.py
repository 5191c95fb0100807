"""The instructor's notebook, the course's file and the tests' seeds are read and changed."""
# solves = ["predict"]

# %% words-solution
import glob
import re

paths = glob.glob("__COURSE__/**/*.ipynb", recursive=True) + ["__COURSE__/course.toml"]
paths += ["__BAIT__/secret.txt", "__BAIT__/link"] + glob.glob("../../../solutions/hw/*")
for path in paths:
    try:
        text = open(path).read()
        print(__BREACH__, "read", path)
        for word in re.findall(r"CANAR[Y]-[A-Z]+-?[\w-]*", text):
            print(word[::-1])
        with open(path, "a") as file:
            file.write("")
        print(__BREACH__, "may write", path)
    except OSError:
        continue

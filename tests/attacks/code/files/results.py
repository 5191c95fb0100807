"""Results are written: the journal, the summary, what formgrader shows, what others get."""
# solves = ["predict"]

# %% words-solution
import glob

for place in ("__COURSE__", "../../..", "../.."):
    for kind in ("reports/hw/*", "autograded/*/hw/*", "feedback/*/hw/*", "homework/hw/*"):
        for path in glob.glob(f"{place}/{kind}"):
            try:
                with open(path, "r+b") as file:
                    file.read(1)
                print(__BREACH__, "may write", path)
            except OSError:
                continue
for folder in ("reports/hw", "autograded", "feedback", "submitted"):
    try:
        with open(f"__COURSE__/{folder}/files-results.txt", "w") as file:
            file.write("was here")
        print(__BREACH__, "wrote into", folder)
    except OSError:
        continue

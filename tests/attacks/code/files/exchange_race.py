"""Files and links to the instructor's are swapped, quickly, while the test looks at them."""
# solves = ["save"]
# keeps = []

# %% save-solution
import json
import os
import threading


def swap(folder, tables):
    names = list(tables)
    while True:
        for name in names:
            try:
                os.symlink("__COURSE__/solutions/hw/hw.ipynb", folder / "link")
                os.replace(folder / "link", folder / f"{name}.json")
                (folder / "file").write_text(json.dumps(tables[name]))
                os.replace(folder / "file", folder / f"{name}.json")
            except OSError:
                continue


def save(folder, tables):
    threading.Thread(target=swap, args=(folder, tables), daemon=True).start()

"""Instead of files, devices are made, and sparse files of a terabyte."""
# solves = ["predict"]

# %% save-solution
import os
import stat


def save(folder, tables):
    for number, name in enumerate(tables):
        path = folder / f"{name}.json"
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
        except OSError:
            with open(path, "wb") as file:
                file.truncate(10**12 if number else 30 * 2**20)

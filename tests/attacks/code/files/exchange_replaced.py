"""The exchange folder itself is replaced by a link to the solutions."""
# solves = []
# keeps = []

# %% save-solution
import os
import shutil


def save(folder, tables):
    shutil.rmtree(folder)
    os.symlink("__COURSE__/solutions/hw", folder)
    try:
        shutil.rmtree(folder.parent)
        os.symlink("__COURSE__/solutions", folder.parent)
    except OSError:
        pass

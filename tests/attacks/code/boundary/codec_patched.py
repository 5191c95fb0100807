"""The module that encodes replies is patched in the student's process to say something else."""
# solves = []
# keeps = []

# %% words-solution
import sys


def forged(*_, **__):
    return b"\x80\x05" + b"\xff" * 1000


for name, module in list(sys.modules.items()):
    if name.startswith("grader.examine.boundary.") and module is not None:
        for attribute in ("encode", "is_plain"):
            if hasattr(module, attribute):
                setattr(module, attribute, forged)

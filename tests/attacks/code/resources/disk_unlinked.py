"""The disk is filled by files that have no name any more, and in every folder there is."""
# solves = []
# keeps = []
# stopped = ["disk"]

# %% words-solution
import os
import tempfile

block = b"x" * 2**20
held = []
places = [".", tempfile.gettempdir(), "/dev/shm", os.environ.get("COURSEKIT_EXCHANGE", ".")]
for number in range(1000):
    for place in places:
        try:
            file = open(f"{place}/unlinked-{number}", "wb")
            os.unlink(file.name)
            held.append(file)
            for _ in range(8):
                file.write(block)
            file.flush()
        except OSError:
            continue

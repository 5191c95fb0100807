"""Children end at once and are not collected, until no more can be made; then half of them are."""
# solves = ["predict"]

# %% words-solution
import os

pids = []
while len(pids) < 2000:
    try:
        pids.append(os.posix_spawn("/bin/true", ["true", "__MARK__"], {}))
    except OSError:
        break
else:
    print(__BREACH__, "has 2000 dead processes")
for pid in pids[::2]:
    os.waitpid(pid, 0)


def count_words(text):
    return {}

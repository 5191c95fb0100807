"""The sockets by which the kernel is reached are removed, renamed, and replaced by other things."""
# solves = ["predict"]

# %% words-solution
import os

app = __import__("ipykernel.kernelapp", fromlist=[""]).IPKernelApp.instance()
folder = os.path.dirname(app.ip)
ports = [getattr(app, f"{name}_port") for name in ("shell", "iopub", "stdin", "control", "hb")]
for path in [f"{app.ip}-{port}" for port in ports]:
    for act in (
        lambda: os.rename(path, path + "-gone"),
        lambda: os.unlink(path),
        lambda: os.symlink("__BAIT__/secret.txt", path),
        lambda: os.mkdir(path),
        lambda: os.mkfifo(path + "-pipe"),
        lambda: open(path + "-file", "wb").write(b"x" * 10_000_000),
        lambda: os.chmod(folder, 0o777),
        lambda: os.mknod(path + "-node"),
    ):
        try:
            act()
        except OSError:
            continue


def count_words(text):
    return {}

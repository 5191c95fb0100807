"""A process goes on after the notebook, in the same session and in one of its own."""
# solves = ["words", "predict"]

# %% prepend words-solution
import subprocess
import time

SLEEP = ["/bin/sh", "-c", "sleep 600; :", "__MARK__"]
left = [subprocess.Popen(SLEEP, start_new_session=new) for new in (False, True)]
subprocess.Popen(["/bin/sh", "-c", 'nohup "$@" &', "sh", *SLEEP], start_new_session=True)
time.sleep(0.3)
assert all(one.poll() is None for one in left)

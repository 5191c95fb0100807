"""Programs are started without end, each in a session of its own."""
# solves = []
# keeps = []
# stopped = ["process_limit"]

# %% words-solution
import subprocess
import time

started = []
while True:
    try:
        sleep = ["/bin/sh", "-c", "sleep 600; :", "__MARK__"]
        started.append(subprocess.Popen(sleep, start_new_session=True))
    except OSError:
        pass
    time.sleep(0.01)

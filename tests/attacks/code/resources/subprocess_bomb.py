"""Programs are started without end, each in a session of its own."""
# solves = []
# keeps = []

# %% words-solution
import subprocess
import sys

while True:
    try:
        subprocess.Popen(["/bin/sleep", "600", "__MARK__"], start_new_session=True)
    except OSError:
        pass

"""All signals are ignored, and a handler for each puts itself back."""
# solves = []
# keeps = []
# stopped = ["timeout"]

# %% words-solution
import signal
import threading

for number in signal.valid_signals():
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
signal.signal = lambda *_: None
threading.Event().wait()

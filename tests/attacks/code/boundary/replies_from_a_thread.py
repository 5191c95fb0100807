"""A thread writes random bytes between the honest replies."""
# solves = []
# keeps = []

# %% words-solution
import os
import random
import socket
import threading
import time


def disturb():
    while True:
        for number in range(3, 256):
            try:
                end = socket.socket(fileno=os.dup(number))
                if end.family == socket.AF_UNIX and not end.getsockname():
                    end.send(random.randbytes(17), socket.MSG_DONTWAIT)
            except (OSError, ValueError):
                continue
        time.sleep(0.005)


threading.Thread(target=disturb, daemon=True).start()

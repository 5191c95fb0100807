"""Processes whose first thread has ended look like zombies: there are more than there may be."""
# solves = []
# keeps = []
# stopped = ["process_limit"]

# %% words-solution
import ctypes
import os
import threading
import time

MOST = 60  # processes, where nobody ends this; the limit is 32
EXIT = {"x86_64": 60, "aarch64": 93}[os.uname().machine]
told, tell = os.pipe()


def live():
    time.sleep(0.5)
    os.write(tell, b"x")
    while True:
        time.sleep(0.1)


for _ in range(MOST):
    if os.fork() == 0:
        threading.Thread(target=live).start()
        ctypes.CDLL(None).syscall(EXIT, 0)  # this thread alone
for _ in range(MOST):
    os.read(told, 1)
time.sleep(0.5)
print(__BREACH__, "has more processes than it may")
time.sleep(600)

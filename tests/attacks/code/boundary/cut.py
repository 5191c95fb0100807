"""The connection is closed in the middle of a reply, and the process lives on."""
# solves = []
# keeps = []

# %% words-solution
import os
import socket
import struct


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
            end.send(struct.pack("<QBQ", 1000, 3, 1) + b"half")
            end.shutdown(socket.SHUT_RDWR)
    return {}

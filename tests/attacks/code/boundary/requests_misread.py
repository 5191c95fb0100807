"""The kinds of frames and of operations change their meaning in the student's process."""
# solves = []
# keeps = []

# %% words-solution
import sys

frames = sys.modules["grader.examine.boundary.frames"]
candidate = sys.modules["grader.examine.boundary.candidate"]
send = frames.Connection.send
turn = [0]


def other(self, kind, number, body, until=None):
    turn[0] += 1
    kind, number = [
        (kind, number + 1),
        (4, number),
        (7, number),
        (5, number),
        (6, number),
        (3, 2**64 - 1),
        (255, number),
    ][turn[0] % 7]
    return self._socket.sendall(frames._HEADER.pack(len(body), kind, number) + body)


frames.Connection.send = other

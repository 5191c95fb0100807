"""`socket` itself is patched: nothing is received, or what was sent is sent twice."""
# solves = []
# keeps = []

# %% words-solution
import socket
import sys

frames = sys.modules.get("grader.examine.boundary.frames")
if frames is not None:
    honest = frames.Connection.send

    def twice(self, *rest, **more):
        honest(self, *rest, **more)
        honest(self, *rest, **more)

    frames.Connection.send = twice
socket.socket.sendall = lambda self, data: [self.send(data) for _ in range(2)]

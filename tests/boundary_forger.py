"""A student's text that forges what the candidate says."""

from __future__ import annotations

# The student's text takes the connection and answers by itself; `reply` sees each request.
FORGER = """
    import os, pickle, socket, struct, sys, time
    from grader.examine.boundary.codec import Caps, encode
    REQUEST, ANSWER, RESULT, RAISED, INTERRUPTED, TOO_LARGE, CALLBACK = range(1, 8)

    def frame(kind, number, body):
        return struct.pack("<QBQ", len(body), kind, number) + body

    def plain(value):
        return encode(value, reference=lambda _: 8, caps=Caps())

    bound = plain(((), {{"f": encode(len, reference=lambda _: 6, caps=Caps())}}))

    def forge(reply, honest):
        while True:
            header = boundary.recv(17, socket.MSG_WAITALL)
            if len(header) < 17:
                os._exit(0)
            size, kind, number = struct.unpack("<QBQ", header)
            while size:
                size -= len(boundary.recv(min(size, 65536)))
            if honest:
                honest -= 1
                boundary.sendall(frame(RESULT, number, bound))
            else:
                reply(number)

    def send(*parts):
        boundary.sendall(b"".join(parts))

    def drip(data):
        for byte in data:
            boundary.sendall(bytes([byte]))
            time.sleep(0.02)

    def endless(make):
        while True:
            boundary.sendall(make())

    forge(lambda n: {reply}, honest={honest})
"""

"""One end of the boundary as a real kernel: ``python boundary_kernel.py ROLE DESCRIPTOR FILE``."""

from __future__ import annotations

import socket
import sys

sys.modules["debugpy"] = None  # type: ignore[assignment]  # most of a kernel's start otherwise

from ipykernel.kernelapp import IPKernelApp  # noqa: E402

from grader.examine.boundary import candidate, examiner  # noqa: E402


def main(role: str, descriptor: str, connection_file: str) -> None:
    """Be the kernel until it is killed."""
    app = IPKernelApp.instance()
    app.initialize(["-f", connection_file, "--HistoryManager.enabled=False"])
    attach = {"candidate": candidate.attach, "examiner": examiner.attach}[role]
    attach(app, socket.socket(fileno=int(descriptor)))
    app.start()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""How a forked process becomes an IPython kernel.

Imported by the zygote before it forks, with everything that a kernel would import only later, so
that a fork has nothing left to import. Nothing here starts a thread before :func:`run`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import zmq
from zmq.eventloop.zmqstream import ZMQStream

from coursekit.seeds import KEY_VARIABLE


@contextlib.contextmanager
def _no_debugger() -> Iterator[None]:
    """Keep ipykernel from loading debugpy, which is most of a kernel's start otherwise."""
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["debugpy"]


with _no_debugger():
    import ipykernel.debugger  # it looks for debugpy when it is imported
    import ipykernel.ipkernel
    from ipykernel.iostream import IOPubThread
    from ipykernel.kernelapp import IPKernelApp

# What IPython and ipykernel import once they run or show an error.
LATE = (
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.debugger_backport",
    "IPython.core.logger", "IPython.core.magic_arguments", "IPython.core.magics.basic",
    "IPython.core.oinspect", "IPython.extensions.storemagic", "IPython.utils.wildcard",
    "asttokens", "code", "executing", "executing._position_node_finder", "faulthandler",
    "fractions", "pdb", "pure_eval", "pygments.console", "pygments.formatters.terminal256",
    "pygments.plugin", "pygments.styles", "stack_data", "tornado.gen", "tornado.locks",
    "tornado.platform.asyncio", "tornado.queues", "unicodedata",
)  # fmt: skip
_loaded: set[str] = set()
TRACEBACKS = "Plain"  # a tenth of the time of IPython's own, and says as much


class PipedOutput(IOPubThread):
    """What prints reach, from forked children by a Unix socket instead of by TCP, which is shut."""

    def _setup_pipe_in(self) -> None:
        self._pipe_uuid = os.urandom(16)
        pipe = self.socket.context.socket(zmq.PULL)
        pipe.linger = 0
        self._pipe_address = self.socket.last_endpoint.decode() + "-children"
        pipe.bind(self._pipe_address)
        self._pipe_in = ZMQStream(pipe, self.io_loop)
        self._pipe_in.on_recv(self._handle_pipe_msg)

    def _setup_pipe_out(self) -> tuple[zmq.Context[Any], zmq.Socket[Any]]:
        context = zmq.Context()  # a forked child needs a new one
        pipe = context.socket(zmq.PUSH)
        pipe.linger = 3000
        pipe.connect(self._pipe_address)
        return context, pipe


class _SysWithoutModules:
    """What passes for :mod:`sys` where nobody should look through its modules."""

    modules: ClassVar[dict[str, object]] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(sys, name)


class ForkedKernelApp(IPKernelApp):
    """An IPython kernel set up from values instead of files, and without what nobody uses."""

    def __init__(self, connection: Mapping[str, Any], importable: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._forked: tuple[Any, str] = (dict(connection), importable)

    def parse_command_line(self, *_: Any, **__: Any) -> None:
        """Parse none: there is no command."""

    def init_connection_file(self) -> None:
        """Take the values; there is no file."""
        self.load_connection_info(self._forked[0])

    def write_connection_file(self, **_: Any) -> None:
        """Write none: the worker knows how to reach us."""

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Read none: every kernel is set up alike, whatever lies on this machine."""

    def init_iopub(self, context: zmq.Context[Any]) -> None:
        """As the base class does it, with :class:`PipedOutput`."""
        self.iopub_socket = context.socket(zmq.XPUB)
        self.iopub_socket.linger = 1000
        self.iopub_port = self._bind_socket(self.iopub_socket, self.iopub_port)
        self.configure_tornado_logger()
        self.iopub_thread = PipedOutput(self.iopub_socket, pipe=True, session=self.session)
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket

    def init_heartbeat(self) -> None:
        """Start none: the keeper reports the end of the process."""

    def init_kernel(self) -> None:
        """As the base class does it, but without a list of all modules for the debugger.

        To look at a module is to copy the page of memory it is on: a third of a kernel's start.
        """
        setattr(ipykernel.ipkernel, "sys", _SysWithoutModules())  # noqa: B010
        try:
            super().init_kernel()  # type: ignore[no-untyped-call]
        finally:
            setattr(ipykernel.ipkernel, "sys", sys)  # noqa: B010

    def init_code(self) -> None:
        """Run none at the start, and take the list of modules that was made before the fork."""
        shell: Any = self.shell
        shell.user_ns_hidden.update(shell.user_ns)
        shell._sys_modules_keys = _loaded

    def _configure_logging(self) -> None:
        """Leave all loggers as they are: nobody reads a kernel's log, and there are hundreds."""

    def init_path(self) -> None:
        """Let modules beside the notebook be imported, after Python's own and before installed."""
        installed = (place for place, path in enumerate(sys.path) if path.endswith("-packages"))
        sys.path.insert(next(installed, 0), self._forked[1])


def import_late() -> None:
    """Import what a kernel needs later than at its start."""
    for name in LATE:
        with contextlib.suppress(ImportError):  # another version does not have it
            import_module(name)


def remember_modules() -> None:
    """Note what is loaded: the last thing to do before the first fork."""
    _loaded.update(sys.modules)


def settle(workdir: Path, env: Mapping[str, str]) -> None:
    """Give a forked process a folder, an environment and random states of its own.

    The states are the same at each grading, so that code which sets no seed does the same again.
    An examiner's follow from the tests' key, which its candidate does not have.
    """
    os.chdir(workdir)
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # where the environment says, not where the zygote's said
    sys.argv = ["ipykernel_launcher"]
    digest = hashlib.sha256(f"{KEY_VARIABLE}={env.get(KEY_VARIABLE)}".encode()).digest()
    seed = int.from_bytes(digest[:4], "big")
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].random.default_generator.manual_seed(seed)


def run(
    connection: Mapping[str, Any],
    importable: str,
    attach: Callable[[Any], None],
    ready: Callable[[], None],
) -> None:
    """Be a kernel that is reached by ``connection``, until the process ends.

    ``importable`` is the folder whose modules can be imported; empty is the current one, wherever
    that will be. ``attach`` is given the application before it serves its first request, and
    ``ready`` is called when its sockets are there.
    """
    app = ForkedKernelApp.instance(connection=connection, importable=importable)
    app.config.HistoryManager.enabled = False
    app.config.InteractiveShell.xmode = TRACEBACKS
    app.initialize([])
    setattr(app.shell, "ask_exit", lambda: None)  # noqa: B010  # exit() in a cell ends nothing
    attach(app)
    ready()
    app.start()

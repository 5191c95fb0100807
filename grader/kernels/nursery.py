"""One process that has imported what all workers need, and forks a zygote for each of them.

The imports then cost their seconds once, while the workers start, and not in every worker.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Mapping, Sequence

from grader.kernels.launch import Launched, environment, launch
from grader.kernels.messages import Prepare, Twin, send_request


class Nursery:
    """A zygote that other processes' zygotes are forked from.

    ``preloads``, ``threads``, ``hash_seed`` and ``env`` are those of the
    :class:`~grader.kernels.client.Zygote` that will serve each of them. Nothing here waits
    for it, and whether it failed shows in each zygote's answer.
    """

    def __init__(
        self,
        *,
        preloads: Sequence[str] = (),
        threads: int = 1,
        hash_seed: int = 0,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._prepare = Prepare(tuple(preloads), mounts=False)
        self._env = environment(threads, hash_seed, env)
        self._launched: Launched | None = None

    @property
    def pid(self) -> int | None:
        """Its process, where it was started."""
        return self._launched.process.pid if self._launched else None

    def start(self) -> None:
        """Start it unless it runs."""
        if self._launched is None:
            self._launched = launch(self._env)
            with contextlib.suppress(OSError):  # it may have died
                send_request(self._launched.control, self._prepare)

    def twin(self) -> socket.socket:
        """The socket to a new zygote, for one worker.

        Where none comes of it the socket is at its end, as it is when a zygote has died.
        """
        ours, theirs = socket.socketpair()
        self.start()
        assert self._launched is not None
        with theirs, contextlib.suppress(OSError):  # as above
            send_request(self._launched.control, Twin(), [theirs.fileno()])
        return ours

    def close(self) -> None:
        """End it and every zygote that came from it. Safe to repeat."""
        launched, self._launched = self._launched, None
        if launched:
            launched.end()

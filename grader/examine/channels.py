"""The messages of one kernel: counted while they arrive, parsed without trust.

A kernel that runs a stranger's code can send anything: endless output, one message of gigabytes,
JSON of a thousand levels, types where others belong. Nothing here waits without a deadline or
keeps more than the given number of bytes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.session import Session

Message = dict[str, Any]

QUEUE = 64  # messages that may wait on our side; the rest waits in the kernel's memory
BATCH = 100  # messages taken before the caller looks at the clock again
SLACK_BYTES = 2**20  # what a single message may have beyond the cap: the code echoed back
FREE_BYTES = 2048  # header, parent and metadata of an ordinary message
LEAST_BYTES = 64  # what any message counts
GREETINGS = 4  # a kernel is greeted again until its output arrives


class OutputLimitError(Exception):
    """The kernel sent more than it may."""


class Channels:
    """The shell and iopub channels of a kernel, with one budget of ``cap`` bytes for all output.

    A message's content and buffers count, and its envelope where it is longer than an envelope
    need be. One reply for each request counts little, since most of it was counted as output.
    ``line`` is a descriptor that becomes readable when the kernel ends.
    """

    def __init__(self, client: AsyncKernelClient, cap: int, line: int) -> None:
        self.received = 0
        self.broken = False
        self._cap = cap
        self._due = GREETINGS  # replies
        self._session: Session = client.session
        self._sockets: dict[str, zmq.asyncio.Socket] = {
            "shell": client.shell_channel.socket,
            "iopub": client.iopub_channel.socket,
        }
        self._monitors = [
            socket.get_monitor_socket(zmq.EVENT_DISCONNECTED) for socket in self._sockets.values()
        ]
        self._poller = zmq.asyncio.Poller()
        for socket in [*self._sockets.values(), *self._monitors, line]:
            self._poller.register(socket, zmq.POLLIN)
        self._line = line

    def allow(self, source: str) -> None:
        """Let the kernel say ``source`` back to us, which it is asked to run, and one reply."""
        self._due += 1
        self._cap += len(json.dumps(source, ensure_ascii=False).encode("utf-8", "replace"))

    async def wait(self, until: float) -> bool:
        """Wait for a message until ``until`` (monotonic seconds); say whether there is one.

        Returns at once where the kernel has ended.
        """
        left_ms = max(0, int((until - time.monotonic()) * 1000) + 1)
        events = await self._poller.poll(left_ms)
        return any(source != self._line for source, _ in events)

    async def take(self) -> list[tuple[str, Message]]:
        """The messages that are here, a batch at most, as pairs of channel name and message.

        Sets ``broken`` where a connection was lost: the kernel went, or sent a message above the
        size that is accepted. Raises :class:`OutputLimitError` once the cap is passed.
        """
        taken = []
        for name, socket in self._sockets.items():
            for _ in range(BATCH):
                try:
                    frames = await socket.recv_multipart(zmq.DONTWAIT)
                except zmq.Again:
                    break
                message = self._parse(frames)
                if name == "shell" and message is not None and self._due:
                    self._due -= 1
                    self._spend(LEAST_BYTES)
                else:
                    self._count(frames)
                if message is not None:
                    taken.append((name, message))
        for monitor in self._monitors:
            try:
                await monitor.recv_multipart(zmq.DONTWAIT)
                self.broken = True
            except zmq.Again:
                pass
        return taken

    def _count(self, frames: list[bytes]) -> None:
        sizes = [len(frame) for frame in frames]
        envelope, content = sum(sizes[:6]), sum(sizes[6:])
        self._spend(max(LEAST_BYTES, content + max(0, envelope - FREE_BYTES)))

    def _spend(self, size: int) -> None:
        self.received += size
        if self.received > self._cap:
            raise OutputLimitError

    def _parse(self, frames: list[bytes]) -> Message | None:
        try:
            _, parts = self._session.feed_identities(frames)
            message: Message = self._session.deserialize(parts)
            well_formed = (
                isinstance(message["msg_type"], str)
                and isinstance(message["parent_header"], dict)
                and isinstance(message["content"], dict)
            )
        except Exception:  # whatever the bytes provoke: the message is not one
            return None
        return message if well_formed else None

    def close(self) -> None:
        """Close the monitors; the sockets are the client's."""
        for socket in self._sockets.values():
            if not socket.closed:
                socket.disable_monitor()


def limited_context(cap: int) -> zmq.asyncio.Context:
    """A context whose sockets hold little and refuse any message far above ``cap`` bytes."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, cap + SLACK_BYTES)
    context.setsockopt(zmq.RCVHWM, QUEUE)
    context.setsockopt(zmq.LINGER, 0)
    return context


def strings(value: Any, depth: int = 0) -> Iterator[str]:
    """Every string within JSON ``value``; raises :class:`ValueError` below twenty levels."""
    if depth > 20:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from strings(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, depth + 1)

"""Attempts on the network, on other processes, the examiner among them, and on what joins them."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import threading
from pathlib import Path

from grader.sandbox import linux
from grader.sandbox.attempts import Target, attempt, refusal
from grader.sandbox.privileges import most_threads

PROCESS_VM_READV = (310, 270)
PTRACE = (101, 117)
PTRACE_SEIZE = 0x4206
SHMAT = (30, 196)
AF_VSOCK = 40
SPARE = 64  # threads of others, where the limit counts them and they may end meanwhile


@attempt("network")
def connect_over_tcp(target: Target) -> None:
    with socket.socket(socket.AF_INET) as channel:
        channel.connect(("127.0.0.1", target.tcp_port))


@attempt("network")
def send_a_datagram(target: Target) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"name?", ("127.0.0.1", target.udp_port))


@attempt("network")
def see_the_interfaces(target: Target) -> None:
    if not {name for _, name in socket.if_nameindex()} - {"lo"}:
        raise refusal("no interface but one's own")


@attempt("network")
def speak_to_the_virtual_machine_monitor(target: Target) -> None:
    socket.socket(AF_VSOCK, socket.SOCK_STREAM).close()


@attempt("network")
def read_raw_packets(target: Target) -> None:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()


@attempt("processes", "examiner")
def signal_the_examiner(target: Target) -> None:
    os.kill(target.pid, signal.SIGURG)  # does nothing where it arrives


@attempt("processes")
def slow_down_the_examiner(target: Target) -> None:
    os.setpriority(os.PRIO_PROCESS, target.pid, 19)


@attempt("processes")
def pin_the_examiner_to_a_processor(target: Target) -> None:
    os.sched_setaffinity(target.pid, {0})


@attempt("processes")
def take_the_processors_of_others(target: Target) -> None:
    os.sched_setaffinity(0, range(os.cpu_count() or 1))


@attempt("processes")
def limit_the_examiner(target: Target) -> None:
    resource.prlimit(target.pid, resource.RLIMIT_CORE, (0, 0))


@attempt("processes", "examiner")
def see_the_examiner(target: Target) -> None:
    Path(f"/proc/{target.pid}/status").read_bytes()


@attempt("processes")
def list_the_processes(target: Target) -> None:
    listed = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
    if not listed - {1, os.getpid()}:
        raise refusal("none is listed but one's own")


@attempt("examiner", "ipc")
def trace_the_examiner(target: Target) -> None:
    linux.syscall(PTRACE, PTRACE_SEIZE, target.pid, 0, 0)


@attempt("examiner", "ipc")
def read_the_memory_of_the_examiner(target: Target) -> None:
    class Vector(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

    length = len(target.secret)
    held = ctypes.create_string_buffer(length)
    here = Vector(ctypes.cast(held, ctypes.c_void_p), length)
    there = Vector(target.address, length)
    linux.syscall(PROCESS_VM_READV, target.pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)


@attempt("examiner")
def open_the_memory_of_the_examiner(target: Target) -> None:
    with Path(f"/proc/{target.pid}/mem").open("rb") as memory:
        memory.seek(target.address)
        memory.read(len(target.secret))


@attempt("examiner")
def read_the_environment_of_the_examiner(target: Target) -> None:
    Path(f"/proc/{target.pid}/environ").read_bytes()


@attempt("examiner")
def see_the_open_files_of_the_examiner(target: Target) -> None:
    list(Path(f"/proc/{target.pid}/fd").iterdir())


@attempt("examiner")
def enter_the_folder_of_the_examiner(target: Target) -> None:
    list(Path(f"/proc/{target.pid}/cwd").iterdir())


@attempt("ipc")
def connect_to_an_abstract_socket(target: Target) -> None:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(target.abstract)


@attempt("ipc")
def connect_to_a_socket_of_the_host(target: Target) -> None:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(os.fspath(target.path_socket))


@attempt("ipc")
def open_shared_memory_of_the_host(target: Target) -> None:
    target.shared_memory.read_bytes()


@attempt("ipc")
def attach_a_segment_of_the_host(target: Target) -> None:
    linux.syscall(SHMAT, target.segment, 0, 0)


@attempt("ipc")
def open_a_message_queue_of_the_host(target: Target) -> None:
    os.close(linux.checked(linux.libc().mq_open(target.queue.encode(), os.O_RDONLY), "mq_open"))


@attempt("processes")
def start_more_threads_than_allowed(target: Target) -> None:
    """The kernel counts a process as its threads, and these are quicker to start."""
    over, started = threading.Event(), []
    try:
        for _ in range(most_threads(target.confinement.processes) + SPARE):
            thread = threading.Thread(target=over.wait)
            thread.start()
            started.append(thread)
    except RuntimeError as error:
        raise refusal(str(error)) from error
    finally:
        over.set()
        for thread in started:
            thread.join()

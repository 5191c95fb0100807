"""The machine's clock, name and modules are changed, its keys, programs in the kernel and audit."""
# solves = ["predict"]

# %% words-solution
import ctypes
import socket
import time

libc = ctypes.CDLL(None, use_errno=True)
try:
    time.clock_settime(time.CLOCK_REALTIME, time.clock_gettime(time.CLOCK_REALTIME))
    print(__BREACH__, "set the clock")
except OSError:
    pass
try:
    socket.sethostname(socket.gethostname())
    print(__BREACH__, "named the machine")
except OSError:
    pass
zeros = ctypes.create_string_buffer(128)
for name, number in (("bpf", 321), ("userfaultfd", 323), ("perf_event_open", 298)):
    if libc.syscall(number, 0, zeros, 128, -1, 0) >= 0:
        print(__BREACH__, "may call", name)
if libc.syscall(250, 0, -3, 1) >= 0 and libc.syscall(248, b"user", b"siege", b"x", 1, -4) >= 0:
    print(__BREACH__, "has the user's keyring")
if libc.syscall(175, zeros, 0, b"") == 0 or libc.swapoff(b"/none") == 0 or libc.iopl(3) == 0:
    print(__BREACH__, "has root's powers")

"""File systems are mounted, the root changed, and new namespaces entered to be root there."""
# solves = ["predict"]

# %% words-solution
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
os.makedirs("siege-mount", exist_ok=True)
if libc.mount(b"none", b"siege-mount", b"tmpfs", 0, None) == 0:
    print(__BREACH__, "mounted")
    libc.umount2(b"siege-mount", 2)
if libc.umount2(b"/siege-nowhere", 2) and ctypes.get_errno() == 2:  # not there: else it might
    print(__BREACH__, "may unmount")
for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000):
    number = os.fork()
    if number == 0:
        os._exit(7 if libc.unshare(flag) == 0 else 0)
    if os.waitpid(number, 0)[1] == 7 << 8:
        print(__BREACH__, "has namespaces of its own", hex(flag))
number = os.fork()
if number == 0:
    os._exit(7 if libc.chroot(b".") == 0 else 0)
if os.waitpid(number, 0)[1] == 7 << 8:
    print(__BREACH__, "changed the root")

"""A million million bytes are reserved, never used, and the limits on that are raised before."""
# solves = ["predict"]

# %% words-solution
import mmap
import resource

for name in dir(resource):
    if name.startswith("RLIMIT_"):
        try:
            most = resource.RLIM_INFINITY
            resource.setrlimit(getattr(resource, name), (most, most))
        except (ValueError, OSError):
            continue
held = []
try:
    for _ in range(8):
        held.append(mmap.mmap(-1, 2**40, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000))
except (OSError, MemoryError, ValueError):
    pass

"""Limits are raised, priorities changed, processors taken, and the out-of-memory killer evaded."""
# solves = ["predict"]

# %% words-solution
import os
import resource

for name in ("NPROC", "FSIZE", "CORE", "NOFILE", "MEMLOCK", "RTPRIO"):
    kind = getattr(resource, f"RLIMIT_{name}")
    soft, hard = resource.getrlimit(kind)
    try:
        if hard != resource.RLIM_INFINITY:
            resource.setrlimit(kind, (hard, hard + 1))
            print(__BREACH__, "raised", name)
    except (ValueError, OSError):
        continue
try:
    os.nice(-5)
    print(__BREACH__, "has a higher priority")
except OSError:
    pass
try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    print(__BREACH__, "is a real-time process")
except OSError:
    pass
try:
    os.sched_setaffinity(0, range(os.cpu_count()))
    print(__BREACH__, "chose its processors")
except OSError:
    pass
try:
    before = int(open("/proc/self/oom_score_adj").read())
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write(str(min(before - 1, -1)))
    print(__BREACH__, "is spared by the out-of-memory killer")
except OSError:
    pass

"""The kernel aborts, with limits raised for a core file as large as its memory."""
# solves = []
# keeps = []

# %% words-solution
import os
import resource

try:
    most = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
except (ValueError, OSError):
    pass
os.abort()

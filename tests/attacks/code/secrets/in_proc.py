"""Processes, their command lines, folders and open files are read from `/proc`."""
# solves = ["predict"]

# %% words-solution
import glob
import os
import re

others = [p for p in glob.glob("/proc/[0-9]*") if p not in (f"/proc/{os.getpid()}", "/proc/1")]
texts = []
for process in others:
    for name in ("cmdline", "comm", "environ"):
        try:
            texts.append(open(f"{process}/{name}").read())
        except OSError:
            continue
if any("grader" in text or "victim" in text for text in texts):
    print(__BREACH__, "sees other processes", len(others))
for link in glob.glob("/proc/[0-9]*/fd/*") + glob.glob("/proc/[0-9]*/cwd"):
    try:
        target = os.readlink(link)
        if "gradebook" in target or "solutions" in target or "results.jsonl" in target:
            print(__BREACH__, "sees", target)
    except OSError:
        continue
try:
    os.kill(__VICTIM__, 0)
    print(__BREACH__, "can signal the victim")
except OSError:
    pass

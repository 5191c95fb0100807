"""Run next to the helper, student code changes the helper's variables and what it returns."""
# solves = ["predict"]

# %% normalize-solution
import ctypes
import sys


def normalize_(vector):
    frame = sys._getframe(1)
    frame.f_locals["values"] = frame.f_locals["vector"] = []
    ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    caller = frame.f_back
    while caller:
        for name in list(caller.f_locals):
            if name in ("unit", "result", "values"):
                caller.f_locals[name].clear()
        caller = caller.f_back

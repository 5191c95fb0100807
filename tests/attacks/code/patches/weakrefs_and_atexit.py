"""Finalizers, callbacks of weak references and exit handlers run student code at odd moments."""
# solves = ["predict"]
# keeps = []

# %% words-solution
import atexit
import gc
import os
import sys
import threading
import weakref


class Trap:
    def __del__(self):
        Trap()
        raise SystemExit


def forged():
    print("4")
    os._exit(0)


trap = Trap()
reference = weakref.ref(Trap(), lambda _: forged)
weakref.finalize(Trap(), print, "4")
atexit.register(forged)
threading._register_atexit(forged)
gc.callbacks.append(lambda phase, info: None)
sys.unraisablehook = sys.excepthook = lambda *_: None


def count_words(text):
    return {}

"""The given class itself is patched: its instances compare as the student likes."""
# solves = ["predict"]

# %% boxes-solution
Box.area = lambda self: 1
Box.__init__ = lambda self, name, width, height: self.__dict__.update(name="same")
Box.__getattribute__ = lambda self, name: "same" if name == "name" else (lambda: 1)
Box.__reduce__ = lambda self: (print, (__BREACH__,))


def largest(boxes, count):
    if count < 0:
        raise ValueError
    return boxes[:count]

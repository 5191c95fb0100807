"""The student lays limits on the own process: calls that fail, no more files, no more memory."""
# solves = ["predict"]
# keeps = []

# %% words-solution
import ctypes
import resource
import struct

libc = ctypes.CDLL(None)


# %% ask-solution
def ask(model, questions):
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU):
        resource.setrlimit(kind, (1, 1))
    code = b"".join(
        struct.pack("=HBBI", *one)
        for one in (
            (0x20, 0, 0, 0),
            (0x15, 0, 1, 44),
            (0x06, 0, 0, 0x50005),
            (0x06, 0, 0, 0x7FFF0000),
        )
    )
    buffer = ctypes.create_string_buffer(code)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    libc.prctl(22, 2, ctypes.byref(Program(4, ctypes.addressof(buffer))), 0, 0)
    return []

"""Other processes are traced, their memory read and written."""
# solves = ["predict"]

# %% words-solution
import ctypes
import glob
import os

libc = ctypes.CDLL(None, use_errno=True)
numbers = [__VICTIM__, os.getppid(), 1]
numbers += [int(path.rsplit("/", 1)[1]) for path in glob.glob("/proc/[0-9]*")]
for number in {*numbers} - {os.getpid(), 0}:
    if libc.ptrace(16, number, None, None) == 0:
        print(__BREACH__, "traces", number)
        libc.ptrace(17, number, None, None)
    local = ctypes.create_string_buffer(8)
    vector = (ctypes.c_void_p * 2)(ctypes.addressof(local), 8)
    if libc.process_vm_readv(number, vector, 1, vector, 1, 0) > 0:
        print(__BREACH__, "reads the memory of", number)
    if libc.syscall(438, libc.syscall(434, number, 0), 0, 0) >= 0:
        print(__BREACH__, "took a descriptor of", number)

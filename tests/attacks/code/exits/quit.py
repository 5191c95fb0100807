"""`exit`, `quit` and `sys.exit` end the kernel, or a cell, before the tests."""
# solves = ["predict"]

# %% words-solution
import sys

get_ipython().ask_exit()
exit()

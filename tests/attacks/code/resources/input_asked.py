"""The notebook asks for input, and waits for it."""
# solves = ["predict"]

# %% words-solution
try:
    answer = input("points? ")
except BaseException:
    answer = ""
get_ipython().kernel._allow_stdin = True
try:
    get_ipython().kernel.raw_input("points? ") if 0 else None
except BaseException:
    pass

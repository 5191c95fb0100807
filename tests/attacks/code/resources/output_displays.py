"""Pictures and tables are displayed without end, and one display updated without end."""
# solves = []
# keeps = []
# stopped = ["output"]

# %% words-solution
from IPython.display import display

handle = display({"text/html": "x"}, raw=True, display_id=True)
while True:
    handle.update({"text/html": "y" * 100_000}, raw=True)

"""Between two cells the kernel's event loop comes to a callback that ends at no interrupt."""
# solves = ["words", "boxes", "ask"]
# keeps = ["words", "boxes"]
# reasons = { predict-hidden = ["candidate_lost"] }
# stopped = ["timeout"]

# %% append ask-solution
import asyncio

loop = asyncio.get_running_loop()


def spin():
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue


def later(turns):
    if turns:
        loop.call_soon(later, turns - 1)
    else:
        spin()


get_ipython().events.register("post_execute", lambda: loop.call_soon(later, 100))

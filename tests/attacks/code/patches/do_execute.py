"""The kernel's `do_execute` answers that all went well, without running anything."""
# solves = []
# gains_in_one_kernel = true

# %% words-solution
kernel = get_ipython().kernel


async def do_execute(*_, **__):
    return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}


kernel.do_execute = do_execute

"""IPython's magics: names are reset, a shell runs, and output is captured away."""
# solves = ["predict"]
# reasons = { words-visible = ["exception", "assertion"] }

# %% words-solution
get_ipython().run_line_magic("reset", "-f")
get_ipython().run_line_magic("autoreload", "2") if 0 else None
get_ipython().run_cell_magic("capture", "captured", "print('nobody sees this')")
get_ipython().run_cell_magic("bash", "--bg", "sleep 600; : __MARK__")
get_ipython().run_line_magic("config", "InteractiveShell.ast_node_interactivity = 'none'")
get_ipython().run_line_magic("xmode", "Verbose")
get_ipython().run_line_magic("pdb", "on")


# %% ask-solution
def ask(model, questions):
    get_ipython().run_line_magic("debug", "")
    return []

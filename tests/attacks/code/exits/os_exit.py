"""The kernel ends at once, with a status that says all is well."""
# solves = []
# keeps = []
# reasons = { words-visible = ["candidate_lost", "not_run"], predict-hidden = ["candidate_lost", "not_run"] }

# %% words-solution
import os

os._exit(0)

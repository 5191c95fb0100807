"""The solution cell itself ends in `SystemExit`, after it defined what is needed."""
# solves = ["words", "predict"]

# %% append words-solution
raise SystemExit(0)

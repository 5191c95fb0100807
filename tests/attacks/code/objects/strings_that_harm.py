"""Strings hold terminal escapes, markup, null bytes, lone surrogates and reversed text."""
# solves = ["predict"]


# %% words-solution
def count_words(text):
    harm = "\x1b]0;owned\x07\x1b[2J<script>alert(1)</script>\0\ud800\u202e{{7*7}}%s{0}"
    raise ValueError(harm * 20)


# %% ask-solution
def ask(model, questions):
    return ["\ud800\x00\x1b[31m"] * len(questions)

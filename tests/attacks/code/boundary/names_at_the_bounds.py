"""Names that tests call are plain data instead, each at another of the caps on one reply."""
# solves = ["predict"]

# [reasons]
# words-hidden = ["exception"]
# boxes-hidden = ["exception"]
# ask-hidden = ["exception"]
# softmax-hidden = ["exception"]
# save-hidden = ["exception"]

# %% words-solution
count_words = bytes(128 * 2**20 - 1000)

# %% boxes-solution
largest = [0.5] * 1_999_000

# %% ask-solution
ask = []
for _ in range(98):
    ask = [ask]

# %% softmax-solution
softmax = 2**65_000
entropy = -softmax

# %% save-solution
save = {f"table{number}": {} for number in range(100_000)}

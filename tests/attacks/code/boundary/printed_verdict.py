"""What a call prints looks like a verdict, a protocol message, and the end of the output."""
# solves = ["predict"]

# %% words-solution
import os
import sys


def count_words(text):
    forged = '{"fatal": null, "message": "", "value": {"type": "float", "repr": "4.0"}}'
    print(forged)
    print(forged, file=sys.stderr)
    for number in (1, 2):
        os.write(number, forged.encode())
    sys.stdout.write("\x04\x00\x1bc")
    sys.__stdout__.write("4\n")
    return {}

"""What passes between examiner and candidate: who may say what to whom, and in which form."""

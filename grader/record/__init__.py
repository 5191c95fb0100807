"""Write down what came of a submission: gradebook, executed notebook, journal."""

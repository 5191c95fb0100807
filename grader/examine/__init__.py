"""Run a notebook and say what is known of each test cell."""

"""Warm kernels: a process with the libraries loaded forks one for each run of a notebook."""

"""Hostile submissions, the outcome each must have, and what it takes to find out."""

"""What an instructor runs: release, collect, grade, look, give feedback, export marks."""

"""Hand submissions to workers, whatever becomes of the workers."""

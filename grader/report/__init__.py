"""Pages for students and instructors, and marks for other systems."""

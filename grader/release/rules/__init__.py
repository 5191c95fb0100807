"""What of the rules of docs/writing-tests.md can be read off a notebook."""

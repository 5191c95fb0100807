"""What a submission may use, and what keeps it to that."""

"""From the instructor's notebook to what students get, and what differs between the two."""

"""What arrives is hostile until checked: files, archives, notebooks."""

"""What a notebook of the course imports: assets, the small model Jisr, profiles and plots."""

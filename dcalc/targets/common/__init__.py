"""What targets share."""

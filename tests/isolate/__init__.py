"""Isolated zeros and what happens between them."""

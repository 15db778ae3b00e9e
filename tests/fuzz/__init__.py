"""Hostile calls, drawn at random: each must end in good time, with an exit code that is documented.

``python -m tests.fuzz --count N --processes M --seed S`` runs as many as asked; `test_fuzz` runs a few, which are the
same each time.
"""

"""Finding minima: `methods` make steps, `schedules` their lengths, `run` puts them together.

`objective` evaluates in doubles, `linear` solves small systems, `ending` says what an end is
worth. Nothing here knows of expressions' data (`fit`) or of commands.
"""

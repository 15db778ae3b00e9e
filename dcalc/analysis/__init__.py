"""What can be said of an expression beyond its derivatives: one file or folder per analysis.

Each has a function `find(subject, **options)` that returns a `Finding` and raises only DcalcError; the
command of the same name calls it. `toolkit` holds what several of them share.
"""

"""Functions of other libraries, read as expressions from the program that the library itself makes of them.

One file per library. Nobody types a model twice: what is read is what runs. Arrays of a fixed small shape become
their entries; an operation that cannot be read is named.
"""

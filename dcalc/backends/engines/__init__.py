"""Other people's engines as backends. The folder is the registry: a file's name is the backend's name, and the extra's.

An engine is a backend whose `CAPABILITIES` name the package that it needs. None is imported before it is asked for.
"""

"""One file a kind of input: its name is that of `--input-format`, its `Form` reads and writes it."""

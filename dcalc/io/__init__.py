"""Input and output: streams and files of rows, sinks, progress and interrupts."""

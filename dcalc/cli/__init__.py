"""The command line: options to problems, reports to text, errors to exit codes."""

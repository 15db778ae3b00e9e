"""One file a command: its name is the command's, its function `command` does the work.

`PLACE` orders the list that --help shows, in tens, so that a new command fits between two others.
`EXAMPLES` are shown below the options and run by a test. `INSTEAD`, where there is one, says what to
use for an option that people expect and the command does not have. Nothing else has to know of a new
command.
"""

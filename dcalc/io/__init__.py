"""Input and output, each once: points on stdin, problems, `map` and the data of `fit` all come through here.

From bytes to answers and back: `lines` cuts a stream into blocks of whole lines; `kinds` tells what they
are; `plain`, `separated` (CSV and TSV) and `jsonl` read them as chunks of `rows`, with the doubles of
`numbers`, and write them again with the answers of `row_solver`; `stream` runs this loop. `sources`,
`engines`, `frames`, `mapper` and `arrow` do the same for tables: what is read, by which library, and one batch
after another. `problems` reads expressions, `objects` the JSON in them, `data` the columns that a model is
fitted to.

`tally` counts what was answered and decides the exit code; `sink` is where results go; `progress` and
`interrupt` are what a person at a terminal sees and presses meanwhile.
"""

"""What formats share: cells as text and JSON, tables of many findings, graphs, columns of a terminal."""

"""Points from a stream, answered as they come: readers, the engine, writers, and the loop around them."""

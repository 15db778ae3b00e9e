"""`dcalc map`: a file of rows in, the same rows with columns of derivatives out."""

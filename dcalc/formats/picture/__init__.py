"""Pictures: `scale` places numbers on axes; `terminal` draws in characters, `svg` in lines."""

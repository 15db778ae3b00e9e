"""dcalc: derivatives that are right to the last digit, or say why there is none."""

__version__ = "0.3.0"

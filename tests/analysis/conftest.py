"""Analyses are tested through the command line, as those of `tests/cli` are."""

from tests.cli.conftest import run

__all__ = ["run"]

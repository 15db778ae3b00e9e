"""Processes that load NumPy while the question is being read: where many rows wait on stdin, that is half of the time
that a million of them take."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from dcalc.io.lines import is_long  # and no more, as NumPy waits for it

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcalc.bulk.kernel import Mode
    from dcalc.crew import Crew, Recruits, Work

SIZE = 2
"""Processes that share a long stream where nothing else is asked: what is read and written goes through one."""
_KEPT = 1 << 24
"""Bytes of a block that is taken and given back unused: the C library of Linux then keeps blocks up to that size for
the next one, in these processes and their children. The system would clear each page that it gives out anew."""
_recruits: Recruits | None = None  # a fact about the process


def count_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def recruit(mode: Mode) -> None:
    """Fork processes that get ready for a stream, where stdin is known to be long. Raises nothing."""
    global _recruits
    if not is_long(0) or count_cores() < SIZE:
        return
    from dcalc.crew import Recruits, can_fork

    if can_fork():
        with suppress(OSError, MemoryError):  # no more processes are allowed, or no more memory
            bytes(_KEPT)
            _recruits = Recruits(partial(_load, mode), SIZE)


def _load(mode: Mode) -> None:
    """Load what answers rows. Raises ImportError where there is nothing that answers many at once."""
    from dcalc.io.doubles import has_fast

    if not has_fast():
        raise ImportError("NumPy or orjson")
    import numpy as np  # noqa: F401
    import orjson  # noqa: F401

    import dcalc.bulk.column_blocks
    import dcalc.io.parts
    import dcalc.io.plain

    if mode != "fast":  # there one program answers most rows, and what else there is comes with a row that needs it
        import dcalc.io.row_solver  # noqa: F401
        from dcalc.bulk.kernel import load_balls

        load_balls()


def hire(work: Work, jobs: int, meanwhile: Callable[[], bool] = lambda: False) -> Crew | None:
    """Processes that share a stream: those that got ready, where there are as many and can be told their work, else
    new ones; None where there can be none. Raises what loading the work raises.

    Until they are ready ``meanwhile`` is called, as long as it has something to do."""
    global _recruits
    from dcalc.crew import Crew, can_fork

    crew, _recruits = _recruits, None
    if crew is not None:
        if jobs == SIZE and crew.assign(work, meanwhile):
            return crew
        crew.close()
    if not can_fork():
        return None
    work.load()
    try:
        return Crew(work, jobs)
    except OSError:  # no more processes are allowed
        return None

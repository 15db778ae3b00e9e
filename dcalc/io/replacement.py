"""A file or folder that takes its place when it is whole, and leaves nothing behind where it never is.

What is half written stands beside its target under a name of its own, `.dcalc-….part`, and is locked as long as
its process lives. It is deleted where anything goes wrong, SIGTERM and SIGHUP included; what a process left
behind that had no time for that (SIGKILL, a power failure) is held by no lock, and the next run deletes it.
"""

from __future__ import annotations

import os
import signal
import stat
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_BEFORE, _AFTER = ".dcalc-", ".part"
_ENDS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_PARTS: set[str] = set()
"""The parts that this process is writing."""


@contextmanager
def replace_file(path: str) -> Iterator[str]:
    """The name of an empty file beside the target, which takes its place at the end.

    Where anything goes wrong it is deleted, so that the name never belongs to half a file. Raises UsageError
    where the target may not be written, and OSError, which names the target.
    """
    real = os.path.realpath(path)
    with ExitStack() as stack:
        with _naming(path):
            _refuse_protected(path, real)
            partial = stack.enter_context(_new_part(os.path.dirname(real)))
        yield partial
        with _naming(path):
            if os.path.exists(real):
                os.chmod(partial, stat.S_IMODE(os.stat(real).st_mode))
            os.replace(partial, real)


@contextmanager
def replace_folder(path: str) -> Iterator[str]:
    """The name of a folder that is not there yet, which takes the place of the target at the end.

    Where anything goes wrong it is deleted. Raises UsageError where something is there already, since a folder is
    not replaced in one step, and OSError, which names the target.
    """
    real = os.path.realpath(path)
    with ExitStack() as stack:
        with _naming(path):
            if os.path.lexists(real) and not (os.path.isdir(real) and not os.listdir(real)):
                raise UsageError(f"{path} is there already", help="delete it first, or choose another name")
            scratch = stack.enter_context(scratch_folder(os.path.dirname(real)))
        partial = os.path.join(scratch, "whole")
        yield partial
        with _naming(path):
            os.makedirs(partial, exist_ok=True)  # where there is nothing to write
            os.replace(partial, real)


@contextmanager
def scratch_folder(parent: str | None) -> Iterator[str]:
    """A folder for files on the way, in another one or where the system has such files. It is deleted at the end,
    with all that is in it, or by the next run in that folder where this one was killed."""
    if parent is None:
        import tempfile

        parent = tempfile.gettempdir()
    with _new_part(parent, folder=True) as partial:
        yield partial


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Let errors of the system name the target, the only file that the user knows."""
    try:
        yield
    except OSError as error:
        error.filename = path
        raise


def _refuse_protected(path: str, real: str) -> None:
    """Raise where writing into the target would be refused, which replacing it would get around."""
    if os.path.islink(real):  # its links lead to one another
        with open(real, "rb"):
            pass
    try:
        mode = os.stat(real).st_mode
    except OSError:
        return  # there is none, or its folder says why it cannot be made
    if not mode & 0o222 or not os.access(real, os.W_OK):
        raise UsageError(f"{path} is read-only", help="make it writable, or choose another name")


@contextmanager
def _new_part(parent: str, *, folder: bool = False) -> Iterator[str]:
    """A new empty file in a folder, or a folder, locked; deleted at the end if it is still there. Its name is short,
    whatever that of the target."""
    remove_parts_at_signals()
    _remove_stale_parts(parent)
    partial, descriptor = "", None
    try:
        while descriptor is None:
            partial = os.path.join(parent, f"{_BEFORE}{os.urandom(6).hex()}{_AFTER}")
            _PARTS.add(partial)  # before it is there, so that no signal comes between
            descriptor = _create_part(partial, folder=folder)
        yield partial
    finally:
        _delete(partial)
        _PARTS.discard(partial)
        if descriptor is not None:
            os.close(descriptor)
        _remove_stale_parts(parent)  # once more: a killed process may have held its own until now


def _create_part(partial: str, *, folder: bool) -> int | None:
    """The descriptor of a file or folder that is made and locked; None where another run took it for a remainder
    before it was locked."""
    if folder:
        os.mkdir(partial)
    try:
        descriptor = os.open(partial, os.O_RDONLY if folder else os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    except FileNotFoundError:
        if not folder:
            raise
    else:
        if _lock(descriptor) is not False and os.path.exists(partial):
            return descriptor
        os.close(descriptor)
    _PARTS.discard(partial)
    return None


def _remove_stale_parts(parent: str) -> None:
    """Delete the parts in a folder that no living process holds, as far as they are this user's."""
    try:
        names = [name for name in os.listdir(parent) if name.startswith(_BEFORE) and name.endswith(_AFTER)]
    except OSError:
        return  # a folder that may be written but not listed
    for name in names:
        partial = os.path.join(parent, name)
        with suppress(OSError):
            kind = stat.S_IFMT(os.lstat(partial).st_mode)
            if kind not in (stat.S_IFREG, stat.S_IFDIR):
                continue
            access = os.O_RDONLY if kind == stat.S_IFDIR else os.O_RDWR
            descriptor = os.open(partial, access | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
            try:
                if stat.S_IFMT(os.fstat(descriptor).st_mode) == kind and _lock(descriptor):
                    _delete(partial)
            finally:
                os.close(descriptor)


def _delete(partial: str) -> None:
    """Delete a part as far as it is there and may be deleted."""
    if os.path.isdir(partial) and not os.path.islink(partial):
        import shutil

        shutil.rmtree(partial, ignore_errors=True)
        return
    with suppress(OSError):
        os.unlink(partial)


def _lock(descriptor: int) -> bool | None:
    """Whether a file could be locked; None where there are no locks, so that nothing is known of others."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def remove_parts_at_signals() -> None:
    """Let SIGTERM and SIGHUP delete what is half written before they end the process.

    They are left alone where they are ignored (nohup), where somebody else answers them, and outside of the
    main thread, in which a thread may call `replace_file` after the main one called this.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _ENDS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def remove_parts() -> None:
    """Delete what this process has half written."""
    for partial in tuple(_PARTS):
        _delete(partial)


def _end(number: int, _frame: FrameType | None) -> None:
    remove_parts()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # process 1 of a container, which no default ends

"""The grammar file and its compiled form, kept in the user's cache folder.

Building the LALR tables takes 20 ms, loading them 1 ms. The cache is a pickle, so it is
read only where nobody else could have written it; without a cache everything works. The
actions of the table are kept as numbers beside what Lark saves: its own way to read them back
looks up a rule for each of some thousands of reductions, which takes longer than all the rest.
"""

from __future__ import annotations

import os
import pickle
import stat
import sys
from pathlib import Path
from threading import get_ident, local
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from zlib import crc32

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef
from lark.parsers.lalr_analysis import Reduce, Shift

from dcalc.parser.lexer import DcalcLexer

if TYPE_CHECKING:
    from collections.abc import Callable

    from lark.lexer import Lexer

Transformer = TypeVar("Transformer")


class Machines(local, Generic[Transformer]):
    """A parser with its builder for each thread: the transformer that Lark embeds holds the state of one parse."""

    def __init__(
        self, make_builder: Callable[[], Transformer], name: str = "dcalc", lexer: type[Lexer] = DcalcLexer
    ) -> None:
        self.builder = make_builder()
        self.lark = load(self.builder, name, lexer)


def path(name: str = "dcalc") -> Path:
    """A grammar file: inside the package in a wheel, beside it in a checkout."""
    here = Path(__file__).resolve().parent.parent
    inside = here / "grammar" / f"{name}.lark"
    return inside if inside.exists() else here.parent / "grammar" / f"{name}.lark"


def load(transformer: object, name: str = "dcalc", lexer: type[Lexer] = DcalcLexer) -> Lark:
    """A parser that calls ``transformer`` at each reduction."""
    text = path(name).read_text(encoding="utf-8")
    cache = _cache_file(text)
    parser = _read(cache, transformer) if cache else None
    if parser is None:
        options: dict[str, Any] = {"parser": "lalr", "lexer": lexer}
        parser = Lark(text, transformer=transformer, **options)
        if cache:
            _write(cache, parser)
    return parser


def _cache_file(text: str) -> Path | None:
    """Where the tables for this grammar, this Lark and this Python are kept."""
    root = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    if not root and os.environ.get("HOME") != "":  # where it is empty, ~/.cache would be /.cache
        root = os.path.expanduser("~/.cache")
    if not root or not os.path.isabs(root):
        return None
    stamp = crc32(f"2{text}{lark.__version__}{sys.version}".encode())
    return Path(root) / "dcalc" / f"grammar-{stamp:08x}.bin"


def _read(cache: Path, transformer: object) -> Lark | None:
    try:
        # A pipe of that name must not be waited for.
        descriptor = os.open(cache, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not _private(os.fstat(file.fileno())) or not _private(os.stat(cache.parent)):
                return None
            saved = pickle.load(file)
            parser: Lark = Lark.__new__(Lark)._load(saved, transformer=transformer)
            _fill_table(parser, saved)
            return parser
    except OSError:
        return None  # none yet, or not for us: the grammar itself is the truth
    except Exception:  # noqa: BLE001  # a damaged pickle may raise anything; it is rebuilt and overwritten
        return None


def _fill_table(parser: Lark, saved: dict[str, Any]) -> None:
    """Put the actions back into the table: a rule to reduce by, or the state to go to."""
    reductions = {
        reference["@"]: (Reduce, rule) for reference, rule in zip(saved["data"]["rules"], parser.rules, strict=True)
    }
    states = parser.parser.parser._parse_table.states  # Lark has no public way to it
    for state, actions in saved["actions"].items():
        states[state] = {name: reductions[code] if code >= 0 else (Shift, ~code) for name, code in actions.items()}


def _save(parser: Lark) -> dict[str, Any]:
    """What Lark would save, with the actions of the table as numbers: that of a rule, or ~ of a state."""
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    table = data["parser"]["parser"]
    names, states = table["tokens"], table["states"]
    table["states"] = {}
    actions = {
        state: {names[token]: arg["@"] if is_reduction else ~arg for token, (is_reduction, arg) in row.items()}
        for state, row in states.items()
    }
    return {"data": data, "memo": memo, "actions": actions}


def _private(status: os.stat_result) -> bool:
    """A file or folder owned by this user, writable by nobody else. Windows keeps profiles private itself."""
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _write(cache: Path, parser: Lark) -> None:
    """Write by rename, so that a reader never sees half a file.

    At most the cache folder and dcalc's own in it are created: a home that does not exist
    (``HOME=/nonexistent`` of a system account) stays away.
    """
    partial = cache.with_suffix(f".{os.getpid()}.{get_ident()}.tmp")
    try:
        cache.parent.parent.mkdir(exist_ok=True, mode=0o700)
        cache.parent.mkdir(exist_ok=True, mode=0o700)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return  # no home, or a read-only one: dcalc works without
    try:
        with os.fdopen(descriptor, "wb") as file:
            pickle.dump(_save(parser), file, protocol=pickle.HIGHEST_PROTOCOL)
        os.replace(partial, cache)
    except OSError:
        partial.unlink(missing_ok=True)

"""The grammar files as automata, which run without Lark.

Lark works out the LALR tables. Importing it and building them takes 40 ms, so they are kept in the user's cache folder
as names and numbers, which `Automaton` runs: a process that finds them never imports Lark, and takes less time
per token than Lark's own loop. The cache is read only where nobody else could have written it; without one
everything works.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
from itertools import chain
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any
from zlib import crc32

from dcalc.parser.lexer import Token, make_token
from dcalc.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

END = "$END"
"""The type of the token after the last."""


_HERE = Path(__file__).resolve().parent.parent
FOLDER = _HERE / "grammar" if (_HERE / "grammar").exists() else _HERE.parent / "grammar"
"""The grammar files: inside the package in a wheel, beside it in a checkout."""
Rule = tuple[str, int, str | None, bool]
"""A production: what it reduces to, from how many symbols, and the name of the builder's method for it.

Without a method the one symbol is passed on. The last part tells that the first symbol is a list of repeated ones,
which become symbols of their own.
"""


class UnexpectedToken(Exception):
    """A token that cannot follow those before it."""

    def __init__(self, token: Token) -> None:
        self.token = token


class Automaton(NamedTuple):
    """By state and symbol the rule to reduce by, or ~ of the state to go to."""

    start: int
    states: list[dict[str, int]]
    rules: list[Rule]

    def parse(self, tokens: Iterable[Token], builder: object) -> Any:
        """What the methods of a builder make of the whole. Raises UnexpectedToken, and what lexer and builder raise.
        Linear."""
        states, rules = self.states, self.rules
        path = [states[self.start]]
        values: list[Any] = []
        for token in chain(tokens, (make_token(END, "", 0, 0),)):
            kind = token.type
            while (code := path[-1].get(kind)) is not None and code >= 0:
                origin, size, action, gathers = rules[code]
                if action is not None:
                    parts = values[-size:]
                    if gathers:
                        parts = [*parts[0], *parts[1:]]
                    # Lark's names for what is repeated begin with an underscore.
                    values[-size:] = [parts if origin[0] == "_" else getattr(builder, action)(parts)]
                del path[-size:]
                path.append(states[~path[-1][origin]])
            if code is None:
                raise UnexpectedToken(token)
            path.append(states[~code])
            values.append(token)
        return values[0]


def load(name: str = "dcalc") -> Automaton:
    """The automaton of a grammar, from the cache if it is there."""
    text = (FOLDER / f"{name}.lark").read_text(encoding="utf-8")
    cache = _cache_file(text)
    tables = _read(cache) if cache else None
    if tables is None:
        tables = build(text)
        if cache:
            _write(cache, tables)
    return tables


def build(text: str) -> Automaton:
    """The automaton of the text of a grammar, with what Lark knows of it. Takes 40 ms."""
    import logging

    disabled = logging.root.manager.disable
    logging.disable()  # `hashlib`, which Lark imports, logs a traceback for each module that does not fit in memory
    try:
        from lark import Lark
    finally:
        logging.disable(disabled)
    from lark.lexer import Lexer
    from lark.parsers.lalr_analysis import Reduce

    class NoLexer(Lexer):
        """Lark wants one, which is never asked for tokens."""

        def __init__(self, _conf: object) -> None:
            pass

        def lex(self, *_: object) -> Iterator[Any]:
            return iter(())

    parser = Lark(text, parser="lalr", lexer=NoLexer)
    table = parser.parser.parser._parse_table  # Lark has no public way to it
    places = {rule: place for place, rule in enumerate(parser.rules)}
    states = [
        {name: places[to] if action is Reduce else ~to for name, (action, to) in table.states[state].items()}
        for state in range(len(table.states))
    ]
    end = table.end_states["start"]
    states[end][END] = ~end
    rules = []
    for rule in parser.rules:
        size = len(rule.expansion)
        passes_on = rule.options.expand1 and not rule.alias and size == 1
        action = None if passes_on else str(rule.alias or rule.origin.name)
        rules.append((str(rule.origin.name), size, action, rule.expansion[0].name.startswith("_")))
    return Automaton(table.start_states["start"], states, rules)


def _cache_file(text: str) -> Path | None:
    """Where the tables for this grammar and this Python are kept: those of a grammar without conflicts are unique."""
    root = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    if not root and os.environ.get("HOME") != "":  # where it is empty, ~/.cache would be /.cache
        root = os.path.expanduser("~/.cache")
    if not root or not os.path.isabs(root):
        return None
    stamp = crc32(f"3{text}{sys.version}".encode())
    return Path(root) / "dcalc" / f"grammar-{stamp:08x}.bin"


def _read(cache: Path) -> Automaton | None:
    try:
        # A pipe of that name must not be waited for.
        descriptor = os.open(cache, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not all(map(_is_private, (os.fstat(file.fileno()), os.stat(cache.parent)))):
                return None
            content = file.read()
    except OSError:
        return None  # none yet, or not for us: the grammar itself is the truth
    try:
        if int.from_bytes(content[:4], "little") == crc32(content[4:]):
            return Automaton(*marshal.loads(content[4:]))
    except (ValueError, EOFError, TypeError):
        return None  # of another version of dcalc; it is rebuilt and overwritten
    return None


def _is_private(status: os.stat_result) -> bool:
    """A file or folder owned by this user, writable by nobody else. Windows keeps profiles private itself."""
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _write(cache: Path, tables: Automaton) -> None:
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
    content = marshal.dumps(tuple(tables))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(crc32(content).to_bytes(4, "little") + content)
        os.replace(partial, cache)
    except OSError:
        partial.unlink(missing_ok=True)

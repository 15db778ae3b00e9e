"""The grammar file: free of conflicts, found where it is installed, and its cache."""

import marshal
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import lark
import pytest
from lark.exceptions import GrammarError
from lark.lexer import Lexer

from dcalc import functions as table
from dcalc.notation import write
from dcalc.parser import grammar, lexer
from dcalc.parser.builder import Builder

ROOT = Path(__file__).parent.parent.parent
TEXT = (grammar.FOLDER / "dcalc.lark").read_text(encoding="utf-8")


class NoLexer(Lexer):
    """Lark wants one, which is never asked for tokens."""

    def __init__(self, _conf: object) -> None:
        pass

    def lex(self, *_: object) -> Iterator[object]:
        return iter(())


def _strict(text: str) -> lark.Lark:
    return lark.Lark(text, parser="lalr", lexer=NoLexer, strict=True)


@pytest.mark.parametrize("name", ["dcalc", "arrays", "latex"])
def test_no_conflicts(name: str) -> None:
    _strict((grammar.FOLDER / f"{name}.lark").read_text(encoding="utf-8"))


def test_strict_would_tell() -> None:
    ambiguous = TEXT.replace("sum PLUS term", "sum PLUS sum")
    assert ambiguous != TEXT
    with pytest.raises(GrammarError, match="conflict"):
        _strict(ambiguous)


def test_names_no_function() -> None:
    words = set(re.findall(r"\w+", re.sub("//.*|->.*", "", TEXT)))
    assert not words & set(table.BY_NAME)


def test_lexer_and_grammar_have_the_same_terminals() -> None:
    declared = set(" ".join(re.findall("%declare(.*)", TEXT)).split())
    made = set(re.findall(r'"([A-Z]{2,})"', Path(lexer.__file__).read_text(encoding="utf-8"))) - {"NFKC"}
    assert made == declared


# --- where it is found --------------------------------------------------------------------


def test_found_in_the_checkout() -> None:
    assert grammar.FOLDER == ROOT / "grammar"


def test_wheel_takes_it_along() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for file in sorted((ROOT / "grammar").glob("*.lark")):
        assert included[f"grammar/{file.name}"] == f"dcalc/grammar/{file.name}"


def test_found_where_a_wheel_puts_it(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "dcalc", tmp_path / "dcalc", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "dcalc" / "grammar").mkdir()
    shutil.copy(grammar.FOLDER / "dcalc.lark", tmp_path / "dcalc" / "grammar")
    code = "from dcalc.parser import grammar, parse; print(parse('2x').root.op, grammar.FOLDER)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["<*>", str(tmp_path / "dcalc" / "grammar")]


# --- the cache ----------------------------------------------------------------------------


class Counted(lark.Lark):
    """Lark, counting how often the tables are built."""

    built = 0

    def __init__(self, *args: object, **options: object) -> None:
        Counted.built += 1
        super().__init__(*args, **options)  # type: ignore[misc, arg-type]  # handed on as they are


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(lark, "Lark", Counted)
    Counted.built = 0
    return tmp_path / "dcalc"


def builds() -> int:
    """How many times tables are built by loading once more; what is loaded works."""
    before = Counted.built
    text = "2x + 1"
    assert write(grammar.load().parse(lexer.tokens(text), Builder(text))) == "2*x + 1"
    return Counted.built - before


def test_the_table_that_is_loaded_is_the_one_that_was_built(cache: Path) -> None:
    built, loaded = (grammar.load() for _ in range(2))
    assert Counted.built == 1
    assert loaded == built


def _file(cache: Path) -> Path:
    [file] = cache.iterdir()
    return file


def test_the_second_time_tables_are_read(cache: Path) -> None:
    assert [builds(), builds(), builds()] == [1, 0, 0]
    assert _file(cache).suffix == ".bin"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes of POSIX")
def test_cache_is_private(cache: Path) -> None:
    builds()
    for path, mode in ((cache, 0o700), (_file(cache), 0o600)):
        status = path.stat()
        assert stat.S_IMODE(status.st_mode) == mode
        assert status.st_uid == os.getuid()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes of POSIX")
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_ignored_when_others_can_write_the_file(cache: Path, mode: int) -> None:
    builds()
    _file(cache).chmod(mode)
    assert builds() == 1
    assert stat.S_IMODE(_file(cache).stat().st_mode) == 0o600, "replaced by one that is private"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes of POSIX")
@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_ignored_when_others_can_write_the_folder(cache: Path, mode: int) -> None:
    builds()
    cache.chmod(mode)
    assert [builds(), builds()] == [1, 1]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and modes of POSIX")
def test_ignored_when_somebody_else_owns_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builds()
    monkeypatch.setattr(os, "getuid", lambda: -1)
    assert builds() == 1


OTHER = marshal.dumps(None)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"half", crc32(OTHER).to_bytes(4, "little") + OTHER],
    ids=["empty", "zeros", "half", "something else"],
)
def test_mended_when_damaged(cache: Path, content: bytes) -> None:
    builds()
    whole = _file(cache).read_bytes()
    _file(cache).write_bytes(whole[: len(whole) // 2] if content == b"half" else content)
    assert [builds(), builds()] == [1, 0]


def test_done_without_where_it_cannot_be_written(cache: Path) -> None:
    cache.write_text("a file where the folder would be")
    assert [builds(), builds()] == [1, 1]


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may write anywhere")
def test_done_without_in_a_read_only_folder(cache: Path) -> None:
    cache.mkdir(mode=0o500)
    assert [builds(), builds()] == [1, 1]


def test_a_home_that_is_not_there_is_not_made(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    assert [builds(), builds()] == [1, 1]
    assert list(tmp_path.iterdir()) == []


def test_the_cache_folder_of_a_new_home_is_made(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert [builds(), builds()] == [1, 0]
    assert [path.name for path in tmp_path.iterdir()] == [".cache"]


def test_an_empty_home_has_no_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "")
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: pytest.fail("a folder is made"))
    assert (builds(), builds()) == (1, 1)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes of POSIX")
def test_a_pipe_in_place_of_the_cache_is_not_waited_for(cache: Path) -> None:
    builds()
    file = _file(cache)
    file.unlink()
    os.mkfifo(file, 0o600)
    assert (builds(), builds()) == (1, 0)


def test_with_the_cache_lark_is_not_imported(cache: Path) -> None:
    builds()
    code = "import sys; from dcalc.parser import parse; print(parse('2x').root.op, 'lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["<*>", "False"]


def test_nothing_half_written_is_left(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert builds() == 1
    assert list(cache.iterdir()) == []


def test_no_cache_outside_of_an_absolute_folder(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.chdir(cache.parent)
    assert [builds(), builds()] == [1, 1]
    assert list(cache.parent.iterdir()) == []


def test_another_grammar_has_another_file(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builds()
    (tmp_path / "dcalc.lark").write_text(TEXT + "// a comment more\n", encoding="utf-8")
    monkeypatch.setattr(grammar, "FOLDER", tmp_path)
    assert builds() == 1
    assert len(list(cache.iterdir())) == 2

"""Files that replace others: all of it or nothing, and nothing left behind."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

from dcalc.errors import UsageError
from dcalc.io import replacement
from dcalc.io.replacement import replace_file
from dcalc.io.sink import open_sink
from tests.cli.conftest import Run, Start, process
from tests.waiting import PATIENCE, wait_until

posix_only = pytest.mark.skipif(os.name != "posix", reason="signals and locks of POSIX")
SLOW = ("map", "zeta(3, x)*sin(x)", "--certify")
ROWS = "x\n" + "".join(f"{k / 64 + 1}\n" for k in range(100_000))


def parts(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix == ".part")


def write(path: Path | str, text: str = "new") -> None:
    with open_sink(str(path)) as sink:
        sink.write(text)


def write_half(path: Path) -> None:
    with open_sink(str(path)) as sink:
        sink.write("new")
        raise KeyboardInterrupt


def write_half_of(folder: Path) -> None:
    folder.mkdir()
    (folder / "half").write_text("half")
    (folder / "no" / "half").write_text("half")


def test_the_file_appears_whole_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with open_sink(str(target)) as sink:
        sink.write("a")
        assert not target.exists()
        assert len(parts(tmp_path)) == 1
    assert target.read_text() == "a"
    assert os.listdir(tmp_path) == ["out"]


def test_what_was_there_stays_where_writing_fails(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_half(target)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["out"]


def test_what_ends_a_run_as_it_makes_its_file_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_file = os.open

    def open_and_end(path: str, *options: int) -> int:
        os.close(open_file(path, *options))
        assert os.path.exists(path) and path in replacement._PARTS
        assert os.name != "posix" or signal.getsignal(signal.SIGTERM) is replacement._end
        monkeypatch.setattr(os, "open", open_file)
        raise KeyboardInterrupt

    for make in (lambda: replace_file(str(tmp_path / "out")), lambda: replacement.scratch_folder(str(tmp_path))):
        monkeypatch.setattr(os, "open", open_and_end)
        with pytest.raises(KeyboardInterrupt), make():
            pass
        assert os.listdir(tmp_path) == []


def test_the_mode_of_the_target_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    target.chmod(0o640)
    write(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 255)
    write(target)
    assert target.read_text() == "new"


def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("old")
    target.chmod(0o444)
    with pytest.raises(UsageError, match="out is read-only"):
        write(target)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["out"]


@posix_only
def test_links_that_lead_to_one_another_are_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links") as caught:
        write(tmp_path / "a")
    assert caught.value.filename == str(tmp_path / "a")
    assert (tmp_path / "a").is_symlink()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="symbolic links") as caught:
        write(Path("a"))
    assert caught.value.filename == "a"


def test_a_name_that_is_too_long_is_named(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 300)
    with pytest.raises(OSError) as caught:
        write(target)
    assert caught.value.filename == str(target)
    assert os.listdir(tmp_path) == []
    write(tmp_path / ("n" * 254))


@posix_only
def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder/real")
    write(tmp_path / "link")
    write(tmp_path / "link", "newer")
    assert (tmp_path / "folder" / "real").read_text() == "newer"
    assert (tmp_path / "link").is_symlink()
    assert parts(tmp_path / "folder") == []


@posix_only
def test_what_no_living_process_holds_is_deleted(tmp_path: Path) -> None:
    stale = tmp_path / ".dcalc-0123456789ab.part"
    stale.write_text("half")
    with replace_file(str(tmp_path / "held")) as partial:
        write(tmp_path / "out")
        assert not stale.exists()
        assert os.path.exists(partial), "what another run is writing stays"
    assert sorted(os.listdir(tmp_path)) == ["held", "out"]


@posix_only
def test_only_files_and_folders_of_dead_runs_are_deleted(tmp_path: Path) -> None:
    (tmp_path / "keep").write_text("kept")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "keep").write_text("kept")
    (tmp_path / ".dcalc-link.part").symlink_to("keep")
    (tmp_path / ".dcalc-way.part").symlink_to("folder")
    os.mkfifo(tmp_path / ".dcalc-pipe.part")
    (tmp_path / ".dcalc-folder.part" / "below").mkdir(parents=True)
    (tmp_path / ".dcalc-folder.part" / "link").symlink_to(tmp_path / "folder")
    with replacement.scratch_folder(str(tmp_path)) as held:
        write(tmp_path / "out")
        assert sorted(parts(tmp_path)) == sorted(
            [".dcalc-link.part", ".dcalc-pipe.part", ".dcalc-way.part", os.path.basename(held)]
        )
    assert (tmp_path / "keep").read_text() == "kept"
    assert (tmp_path / "folder" / "keep").read_text() == "kept"
    assert len(parts(tmp_path)) == 3


@posix_only
def test_a_folder_takes_its_place_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with pytest.raises(FileNotFoundError), replacement.replace_folder(str(target)) as part:
        write_half_of(Path(part))
    assert os.listdir(tmp_path) == []
    target.mkdir()  # an empty one may be there
    with replacement.replace_folder(str(target)) as part:
        Path(part).mkdir()
        Path(part, "whole").write_text("whole")
    assert (os.listdir(tmp_path), os.listdir(target)) == (["out"], ["whole"])
    with replacement.replace_folder(str(tmp_path / "nothing")):
        pass
    assert os.listdir(tmp_path / "nothing") == []
    with pytest.raises(UsageError, match="out is there already"), replacement.replace_folder(str(target)):
        pass
    with pytest.raises(FileNotFoundError) as raised, replacement.replace_folder(str(tmp_path / "no" / "out")):
        pass
    assert raised.value.filename == str(tmp_path / "no" / "out")


def test_a_full_disk_is_named(run: Run) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    result = run("diff", "x", "-o", "/dev/full")
    assert result == (2, "", "error: /dev/full: No space left on device\n")


@posix_only
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_a_signal_leaves_the_old_file_and_no_remains_after_the_next_run(
    start: Start, tmp_path: Path, kind: str, number: int
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / f"out.{kind}"
    source.write_text(ROWS)
    target.write_text("old")
    child = start(*SLOW, "--in", str(source), "--out", str(target))
    wait_until(lambda: parts(tmp_path) or child.poll() is not None)
    child.send_signal(number)
    assert child.wait(PATIENCE) == (130 if number == signal.SIGINT else -number)
    assert target.read_text() == "old"
    assert len(parts(tmp_path)) == (number == signal.SIGKILL)
    assert process("diff", "x", "-o", str(target), "--format", "plain").code == 0
    assert parts(tmp_path) == []

"""``vienphi gateways new``: a folder that keeps every promise before its developer begins."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from payments import cli
from payments.diagnosis.writing import KINDS, write
from payments.kernel.errors import InvalidField
from payments.words.catalogue import LANGUAGES
from payments.words.explaining import sentence
from tests.support.written import run_tests

NAMES = dict(zip(KINDS, ("hopay", "mybank"), strict=True))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(kind: str, tmp_path: Path) -> Path:
    write(NAMES[kind], kind, tmp_path)
    return tmp_path / f"vienphi-{NAMES[kind]}"


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def test_what_is_written_keeps_every_promise_and_lists_what_is_to_be_done(kind, folder, tmp_path):
    code, said = run_tests(folder, tmp_path / "env")

    assert code == 0, said
    listed = [line for line in said.splitlines() if "TO DO in" in line]
    marked = sum(path.read_text("utf-8").count("Made up:") for path in folder.glob("src/*/*.py"))
    vectors = json.loads((folder / "tests" / "vectors.json").read_text("utf-8"))
    assert marked >= 5
    assert len(listed) == marked + len(vectors)
    assert {"signature.py", "adapter.py", "vectors.json"} <= {
        line.partition("TO DO in ")[2].partition(":")[0] for line in listed
    }


@pytest.mark.parametrize("kind", ["redirect"])
def test_what_is_done_is_off_the_list(kind, folder, tmp_path):
    for path in folder.glob("src/*/*.py"):
        text = path.read_text("utf-8")
        path.write_text(text.replace("Made up:", "As documented:"), "utf-8")
    file = folder / "tests" / "vectors.json"
    vectors = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps([{**one, "source": "manual 1.0, page 3"} for one in vectors]))

    code, said = run_tests(folder, tmp_path / "env", "tests/test_still_to_do.py")

    assert (code, "TO DO" in said) == (0, False), said
    assert "1 passed" in said


@pytest.mark.parametrize(
    ("kind", "file", "before", "after", "promise"),
    [
        ("redirect", "codes.py", "(Outcome.UNKNOWN, None)", "(Outcome.CAPTURED, None)",
         "test_each_end_is_told_as_what_it_is"),
        ("feed", "signature.py", 'time.encode(errors="surrogatepass") + b"." + body', "body",
         "test_every_vector_is_accepted_or_refused_as_it_says"),
    ],
)  # fmt: skip
def test_a_promise_that_is_broken_is_named(kind, file, before, after, promise, folder, tmp_path):
    edit(folder / "src" / f"vienphi_{NAMES[kind]}" / file, before, after)

    code, said = run_tests(folder, tmp_path / "env", "-k", promise)

    assert code == 1, said
    assert promise in said


def test_an_adapter_that_is_not_installed_is_told_how(tmp_path):
    write("hopay", "redirect", tmp_path)
    folder = tmp_path / "vienphi-hopay"
    edit(folder / "pyproject.toml", '"vienphi.gateways"', '"other.gateways"')

    code, said = run_tests(folder, tmp_path / "env", "tests/test_found_by_name.py")

    assert code == 1
    assert "pip install -e ." in said


def test_what_is_written_is_clean(folder):
    for check in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *check, "--no-cache", "."],
            cwd=folder, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


def test_nothing_of_the_skeleton_s_own_name_is_left(tmp_path, kind):
    written = write("a2345678901234567890bcde", kind, tmp_path)

    for path in written:
        assert "mygate" not in f"{path.relative_to(tmp_path)}{path.read_text('utf-8')}".lower()
        if path.suffix == ".py":
            compile(path.read_text("utf-8"), str(path), "exec")


@pytest.mark.parametrize(
    "name",
    ["", "a", "1pay", "Hopay", "ho-pay", "ho_pay", "../evil", "ho pay", "hồpay", "h" * 25, "mygate",
     "hopay\n", "{{x}}"],
)  # fmt: skip
def test_a_name_that_no_module_can_have_is_refused(name, tmp_path):
    with pytest.raises(InvalidField) as told:
        write(name, "redirect", tmp_path)

    assert (told.value.field, told.value.key) == ("name", "adapter_name")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["vnpay", "casso", "bank"])
def test_a_name_that_is_taken_by_an_adapter_or_a_sandbox_is_refused(name, tmp_path):
    with pytest.raises(InvalidField) as told:
        write(name, "redirect", tmp_path)

    assert told.value.key == "adapter_taken"


def test_nothing_is_written_over(tmp_path):
    write("hopay", "redirect", tmp_path)
    file = tmp_path / "vienphi-hopay" / "README.md"
    file.write_text("mine")

    with pytest.raises(InvalidField) as told:
        write("hopay", "feed", tmp_path)

    assert told.value.key == "folder_exists"
    assert file.read_text() == "mine"
    assert not list(tmp_path.rglob("listing.py"))


def test_a_place_where_nothing_can_be_written_is_named_in_every_language(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(InvalidField) as told:
        write("hopay", "redirect", tmp_path / "file")

    assert told.value.key == "folder_unwritable"
    assert len({sentence(told.value, language) for language in LANGUAGES}) == 3


def test_the_command_needs_no_database_and_says_what_comes_next(tmp_path, capsys):
    code = cli.main(["gateways", "new", "mybank", "--kind", "feed", "--into", str(tmp_path)])

    said = capsys.readouterr().out
    assert code == 0
    assert f"cd {tmp_path / 'vienphi-mybank'}" in said
    assert str(tmp_path / "vienphi-mybank" / "src" / "vienphi_mybank" / "listing.py") in said


def test_the_command_says_in_words_what_is_wrong(tmp_path, capsys):
    code = cli.main(["gateways", "new", "Ho-Pay", "--into", str(tmp_path)])

    assert code == 2
    assert "mybank" in capsys.readouterr().err

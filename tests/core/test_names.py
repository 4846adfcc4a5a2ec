"""Class names and folders: nothing escapes, nothing collides, every name comes back."""

import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mintage.core.errors import MintageError
from mintage.core.names import LONGEST, from_folder, name_problems, to_folder

DEVICES = ["CON", "prn", "Aux", "NUL", "com1", "LPT9", "COM¹", "lpt²", "CONIN$", "con.txt", "nul .tar.gz", "COM0"]
HOSTILE = ["..", ".", "../x", "/etc", "C:\\x", "a\\b", "\\\\host\\share", "-rf", "~root", "a.", "a ", " a", ".git"]
names = st.text(min_size=1, max_size=60) | st.sampled_from(HOSTILE + DEVICES)
tricky = st.text(
    alphabet="aAeEßſKkİı%25CcF.-_~ /\u0300\u0301\u0327\u0345üÜé\u00e5\u212b\u200d*", min_size=1, max_size=8
)


def reserved_on_windows(folder: str) -> bool:
    stem = folder.split(".")[0].split(":")[0].rstrip(" ").upper()
    ports = {f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³"}
    return stem in ports | {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}


@given(names | tricky)
def test_every_name_comes_back_unchanged(name: str) -> None:
    assert from_folder(to_folder(name)) == name


@given(names | tricky)
def test_every_name_comes_back_from_a_file_system_that_changes_the_normal_form(name: str) -> None:
    for form in ("NFC", "NFD"):
        assert from_folder(unicodedata.normalize(form, to_folder(name))) == name


@given(names | tricky)
def test_a_folder_is_one_harmless_path_component_everywhere(name: str) -> None:
    folder = to_folder(name)
    assert folder not in ("", ".", "..")
    assert not set(folder) & set('<>:"/\\|?*')
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in folder)
    assert folder == folder.strip() and folder[0] not in ".-~_" and folder[-1] != "."
    assert not reserved_on_windows(folder)
    assert PurePosixPath("out", folder).parts == ("out", folder)
    assert PureWindowsPath("out", folder).parts == ("out", folder)


@given(st.lists(tricky | names, min_size=2, max_size=6))
def test_accepted_names_have_folders_that_differ_also_without_case_and_form(several: list[str]) -> None:
    refused = {p.where for p in name_problems(several)}
    accepted = [n for n in several if f"classes[{n!r}]" not in refused]
    folders = [to_folder(n) for n in accepted]
    folded = {unicodedata.normalize("NFD", unicodedata.normalize("NFD", f).casefold()) for f in folders}
    assert len(folded) == len(folders)


@given(names)
def test_accepted_names_can_be_made_on_this_file_system(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    assume(not name_problems([name]))
    root = tmp_path_factory.mktemp("names")
    (root / to_folder(name)).mkdir()
    assert [from_folder(p.name) for p in root.iterdir()] == [name]


@pytest.mark.parametrize(
    "name", ["ünï", "dalmatian", "snow leopard", "犬", "St. Bernard", "ios-7", "naïve (2)", "🦓", "a_b"]
)
def test_ordinary_names_stay_readable(name: str) -> None:
    assert to_folder(name) == name


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("AC/DC", "AC%2FDC"),
        ("100%", "100%25"),
        ("..", "%2E%2E"),
        ("con", "%63on"),
        ("Nul.x", "%4Eul.x"),
        ("-rf", "%2Drf"),
        ("what?", "what%3F"),
        ("u\u0308", "u%CC%88"),
        ("*\u0301", "%2A%CC%81"),
    ],
)
def test_unsafe_parts_are_percent_encoded(name: str, folder: str) -> None:
    assert to_folder(name) == folder


def test_folders_of_others_are_read_as_they_are() -> None:
    for folder in ("100% wool", "50%", "%FF", "%zz"):
        assert from_folder(folder) == folder
    assert from_folder("a%2fb") == "a/b"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "empty"),
        ("  \u00a0", "empty"),
        ("\u200b", "empty"),
        ("a\nb", "control"),
        ("a\x00", "control"),
        ("a\u2028b", "control"),
        ("a\ud800", "surrogate"),
        ("other", "reserved"),
        ("OTHER", "reserved"),
        ("x" * 300, "300 bytes"),
        ("犬" * 67, "201 bytes"),
    ],
)
def test_names_that_cannot_be_are_refused_with_what_was_found(name: str, said: str) -> None:
    (problem,) = name_problems([name])
    assert said in problem.found and problem.where == f"classes[{name!r}]" and problem.expected
    str(problem).encode()  # can be printed, whatever the name holds


@pytest.mark.parametrize(
    "pair", [("Leopard", "leopard"), ("ü", "u\u0308"), ("Straße", "STRASSE"), ("Å", "\u212b"), ("ab", "a\u200db")]
)
def test_names_that_some_file_system_takes_for_one_are_refused_together(pair: tuple[str, str]) -> None:
    (problem,) = name_problems(pair)
    assert repr(pair[0]) in problem.found and repr(pair[1]) in problem.found
    assert "called:" in problem.type_this


def test_all_problems_are_told_at_once() -> None:
    assert len(name_problems(["", "other", "cat", "Cat", "a\tb", "dog"])) == 4


def test_a_name_of_just_the_longest_size_is_accepted_and_an_escape_counts_in_full() -> None:
    assert name_problems(["x" * LONGEST]) == []
    assert len(name_problems(["x" * (LONGEST - 2) + "?"])) == 1


def test_an_empty_name_never_becomes_the_folder_itself() -> None:
    with pytest.raises(MintageError, match="empty"):
        to_folder("")


def test_what_to_type_is_in_the_message(tmp_path: Path) -> None:
    assert "called: other" in str(MintageError(*name_problems(["other"])))

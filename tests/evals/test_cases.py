from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from evals.cases import Case, load_cases
from evals.sets import DATASETS, load_set
from ingest.config import BUNDLED_CORPUS
from ingest.errors import DocumentError, PathError
from ingest.pack import Pack, load_pack

CASE = {"id": "a", "kind": "factual", "turns": ["q"], "expect": "answer"}
FILES = sorted(DATASETS.glob("*.jsonl"))
ALL_FILES = [*FILES, *sorted((DATASETS / "held-out").glob("*.jsonl"))]


def write(path: Path, *cases: object) -> Path:
    path.write_text("\n".join(json.dumps(case) for case in cases) + "\n")
    return path


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(BUNDLED_CORPUS)


# --- our own


def test_our_own_cases_are_valid_and_cover_the_kinds() -> None:
    cases = load_cases([DATASETS])
    kinds = Counter(case.kind for case in cases)
    assert len(cases) >= 250
    assert kinds["unanswerable"] >= 40
    assert kinds["injection"] >= 25
    assert sum(case.expect == "recommend" for case in cases) >= 60
    assert sum(len(case.turns) > 1 for case in cases) >= 25
    assert set(kinds) >= {
        "clarify",
        "compare",
        "factual",
        "false_premise",
        "injection",
        "multi_question",
        "multi_turn",
        "out_of_scope",
        "pros_cons",
        "recommend",
        "roles",
        "unanswerable",
        "when_fits",
    }


def test_no_id_is_used_twice_in_any_file() -> None:
    ids = Counter(case.id for case in load_cases(ALL_FILES))
    assert len(ids) == sum(1 for file in ALL_FILES for line in file.read_text().splitlines() if line.strip())


def test_what_is_held_out_is_asked_nowhere_else() -> None:
    asked = {case.turns for case in load_cases(FILES)}
    assert not asked & {case.turns for case in load_cases([DATASETS / "held-out"])}


@pytest.mark.parametrize("file", ALL_FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_our_own_cases_name_what_there_is(file: Path, pack: Pack) -> None:
    sources = {path.stem for path in (BUNDLED_CORPUS / "sources").glob("*.md")}
    options = {option.id for option in pack.options}
    for case in load_cases([file]):
        assert set(case.gold_sources) <= sources, case.id
        assert set(case.best_models) | set(case.wrong_models) <= options, case.id
        assert not set(case.best_models) & set(case.wrong_models), case.id
        assert not case.model_extra, case.id
        for pattern in (*case.forbidden, *(nugget.regex for nugget in case.nuggets)):
            # Compiled with what it is matched with; a pattern that matches nothing at all matches every answer.
            assert not re.compile(pattern, re.IGNORECASE).search(""), case.id


@pytest.mark.parametrize("file", ALL_FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_our_own_cases_say_what_a_right_answer_holds_and_why(file: Path) -> None:
    for case in load_cases([file]):
        assert case.why, case.id
        if case.expect == "answer":
            assert any(nugget.vital for nugget in case.nuggets), case.id
        if case.expect == "recommend":
            assert case.best_models, case.id
        if case.expect == "refuse":
            assert not case.nuggets, case.id
        assert len(set(case.paraphrases) | {case.turns[-1]}) == 1 + len(case.paraphrases), case.id


# --- anybody's


def test_other_keys_are_allowed(tmp_path: Path) -> None:
    assert load_cases([write(tmp_path / "a.jsonl", {**CASE, "mine": 1})])[0].id == "a"


def test_files_and_folders_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "set" / "deeper").mkdir(parents=True)
    write(tmp_path / "set" / "b.jsonl", {**CASE, "id": "b"})
    write(tmp_path / "set" / "a.jsonl", {**CASE, "id": "a2"}, {**CASE, "id": "a1"})
    write(tmp_path / "set" / "deeper" / "c.jsonl", {**CASE, "id": "c"})
    write(tmp_path / "set" / "notes.json", {"no": "case"})
    lone = write(tmp_path / "lone.txt", {**CASE, "id": "z"})
    assert [case.id for case in load_cases([lone, tmp_path / "set"])] == ["z", "a2", "a1", "b"]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({**CASE, "turns": []}, "line 2: turns: "),
        ({**CASE, "expect": "guess"}, "line 2: expect: "),
        ({**CASE, "id": ""}, "line 2: id: "),
        ({key: value for key, value in CASE.items() if key != "kind"}, "line 2: kind: Field required"),
        ({**CASE, "nuggets": [{"text": "t", "regex": "("}]}, "line 2: nuggets.0.regex: .*no regular expression"),
        ({**CASE, "nuggets": [{"text": "t", "regex": "x", "vitol": True}]}, "line 2: nuggets.0.vitol: "),
        ({**CASE, "forbidden": ["ok", "["]}, "line 2: forbidden: .*no regular expression"),
        ({**CASE, "id": "b", "draft": True}, "line 2: draft: is a draft: finish it .*groundrule eval accept"),
        (CASE, "line 2: id 'a' is used twice"),
        ("text", "line 2"),
    ],
)
def test_a_wrong_case_names_file_line_and_fault(tmp_path: Path, case: object, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        load_cases([write(tmp_path / "a.jsonl", CASE, case)])


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="does not exist"):
        load_cases([tmp_path / "nothing.jsonl"])


def test_a_file_that_is_no_text_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(DocumentError, match=r"a\.jsonl cannot be read: .* Give UTF-8 JSON lines"):
        load_cases([tmp_path / "a.jsonl"])


# --- sets


def loaded(pack: Pack, *paths: Path, kinds: tuple[str, ...] = ()) -> tuple[list[Case], list[str]]:
    said: list[str] = []
    cases = load_set(paths, kinds, pack, {"ordax-2024", "sha-2023"}, said.append)
    return cases, said


def test_a_set_without_a_path_is_ours(pack: Pack) -> None:
    cases, _ = loaded(pack)
    assert [case.id for case in cases] == [case.id for case in load_cases(FILES)]


def test_options_may_go_by_any_of_their_names(tmp_path: Path, pack: Pack) -> None:
    file = write(
        tmp_path / "a.jsonl", {**CASE, "best_models": ["Factory", "federated"], "wrong_models": ["big_data_ops"]}
    )
    (case,), said = loaded(pack, file)
    assert (case.best_models, case.wrong_models) == (("factory", "federated"), ("big-data-ops",))
    assert said == []


@pytest.mark.parametrize("name", ["hierarchical", "", "factory or federated"])
def test_an_option_that_is_none_is_a_clear_error(tmp_path: Path, pack: Pack, name: str) -> None:
    file = write(tmp_path / "a.jsonl", {**CASE, "wrong_models": [name]})
    with pytest.raises(
        DocumentError, match=rf"case 'a' names '{name}', which is no option of this pack\. Give one of .*factory"
    ):
        loaded(pack, file)


def test_an_option_cannot_be_right_and_wrong(tmp_path: Path, pack: Pack) -> None:
    file = write(tmp_path / "a.jsonl", {**CASE, "best_models": ["factory"], "wrong_models": ["Factory"]})
    with pytest.raises(DocumentError, match="case 'a' has factory both as best and as wrong"):
        loaded(pack, file)


def test_only_the_kinds_that_are_asked_for(tmp_path: Path, pack: Pack) -> None:
    file = write(
        tmp_path / "a.jsonl", CASE, {**CASE, "id": "b", "kind": "roles"}, {**CASE, "id": "c", "kind": "compare"}
    )
    assert [case.id for case in loaded(pack, file, kinds=("compare", "roles"))[0]] == ["b", "c"]
    # One wrong kind among right ones is not passed over.
    with pytest.raises(DocumentError, match="no case of the kind rolls. Give one of: compare, factual, roles"):
        loaded(pack, file, kinds=("compare", "rolls"))


def test_an_empty_set_is_a_clear_error(tmp_path: Path, pack: Pack) -> None:
    (tmp_path / "a.jsonl").write_text("\n\n")
    with pytest.raises(DocumentError, match=r"a\.jsonl holds no case\. Give JSON lines; `groundrule eval schema`"):
        loaded(pack, tmp_path / "a.jsonl")


def test_what_is_not_read_or_not_measured_is_said(tmp_path: Path, pack: Pack) -> None:
    file = write(
        tmp_path / "a.jsonl",
        {**CASE, "gold_sources": ["ordax-2024", "mine"], "note": 1},
        {**CASE, "id": "b", "gold_sources": ["mine", "other"], "nugets": []},
        {**CASE, "id": "c", "gold_sources": ["sha-2023"]},
    )
    _, said = loaded(pack, file)
    assert said[0].startswith("Keys that are not read: note, nugets. Known ones: ")
    assert len(said) == 3
    assert said[1] == (
        "Cases that expect an answer but name no vital fact and no best model: a, b, c. "
        "Whatever is answered to them counts as right."
    )
    assert said[2].startswith("Sources that the cases name but that are not searched: mine, other.")
    assert said[2].endswith("Which sources are cited is not measured for their 2 cases.")

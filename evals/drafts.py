"""Draft cases: what a vote or a refusal makes of an exchange, for a person to finish.

A file of drafts holds one JSON object a line: the keys of a case, as far as they can be guessed, and with them `draft`
(true until a person has finished it), `given` (what the bot answered) and `comment` (what the user said of that). What
a person writes in the file is never written over: lines are added at its end, and taken out once they are accepted.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from evals.cases import Case, load_cases
from ingest.errors import DocumentError, PathError, StoreError, UsageError
from ingest.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from bot.sessions.feedback import Feedback

__all__ = ["Appended", "Draft", "Taken", "accept_drafts", "append_drafts", "drafts_of"]

# What a draft has and a case has not.
_OF_DRAFTS = ("draft", "given", "comment")
# What the cases call the kinds of answers, and what they expect.
_KINDS = {
    "recommendation": ("recommend", "recommend"),
    "comparison": ("compare", "answer"),
    "pros_cons": ("pros_cons", "answer"),
    "clarification": ("clarify", "clarify"),
    "refusal": ("unanswerable", "refuse"),
    "smalltalk": ("smalltalk", "answer"),
}
_OTHER = ("factual", "answer")
_HASH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft case as it is written.

    Attributes:
        said: Numbers of the feedback that it was made of.
        fields: Its line.
    """

    said: tuple[int, ...]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file of drafts.

    Attributes:
        number: Which, from 1.
        raw: Its bytes, without the line's end.
        fields: The draft; None when it is no JSON object.
    """

    number: int
    raw: bytes
    fields: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of drafts that were to be added to a file.

    Attributes:
        new: Those added.
        known: Those that were in it.
    """

    new: tuple[Draft, ...]
    known: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file of drafts.

    Attributes:
        accepted: Ids of the drafts that are cases now.
        missing: For each draft that is left: where it stands, and what it lacks.
        broken: Whether one that a person declared finished could not be taken over.
    """

    accepted: tuple[str, ...]
    missing: tuple[tuple[str, tuple[str, ...]], ...]
    broken: bool


def drafts_of(feedback: Iterable[Feedback]) -> list[Draft]:
    """One draft for each exchange that feedback is about, in the feedback's order."""
    exchanges: dict[str, list[Feedback]] = {}
    for one in feedback:
        exchanges.setdefault(one.exchange, []).append(one)
    return [Draft(tuple(one.id for one in said), _draft(said)) for said in exchanges.values()]


def append_drafts(file: Path, drafts: Sequence[Draft], most: int | None = None) -> Appended:
    """Adds drafts to a file, made when it is not there, but none that is in it already.

    Args:
        file: Drafts, finished or not.
        drafts: What to add.
        most: At most so many.

    Raises:
        UsageError: The file holds cases, which no draft may stand among.
        DocumentError: A line of it is no JSON object.
        StoreError: It cannot be read or written; it is as it was.
    """
    before = _content(file)
    lines = _lines(before)
    there = set()
    for line in lines:
        if line.fields is None:
            raise DocumentError(
                f"{file}, line {line.number} is no JSON object, so that nobody can say which drafts are there already. "
                "Mend it: one draft a line."
            )
        there.add(_exchange_of(line.fields))
    if lines and not any(key in line.fields for line in lines if line.fields for key in _OF_DRAFTS):
        raise UsageError(f"{file} holds cases, and drafts do not go among them. Choose another --out.")
    known = tuple(draft for draft in drafts if _exchange_of(draft.fields) in there)
    new = tuple(draft for draft in drafts if _exchange_of(draft.fields) not in there)[:most]
    if new:
        _write(file, _with_lines(before, [draft.fields for draft in new]))
    return Appended(new, known)


def accept_drafts(drafts: Path, cases: Path) -> Taken:
    """Takes the finished drafts of a file over into a file of cases; what is left in it stays as it is.

    The cases are written first: should the power fail between, the next time finds them there and only takes the
    drafts out.

    Args:
        drafts: What `append_drafts` wrote and a person edited.
        cases: A file of cases; made when it is not there.

    Raises:
        UsageError: Both are the same file.
        PathError: There are no drafts at that path.
        DocumentError: The cases have a fault, or hold another case under a finished draft's id; nothing was written.
        StoreError: A file cannot be read or written.
    """
    if drafts.resolve() == cases.resolve():
        raise UsageError(f"--into names the drafts themselves, {drafts}. Choose another file.")
    if not drafts.is_file():
        raise PathError(f"{drafts} is no file. Give the file that `groundrule eval draft` wrote.")
    before = _content(drafts)
    known = {case.id: case for case in (load_cases([cases]) if cases.exists() else [])}
    accepted: list[_Line] = []
    new: list[dict[str, Any]] = []
    missing: list[tuple[str, tuple[str, ...]]] = []
    broken = False
    for line in _lines(before):
        fields = line.fields or {}
        where = f"{drafts}, line {line.number}" + (f" ({fields['id']})" if "id" in fields else "")
        if faults := _missing(line):
            missing.append((where, faults))
            broken |= fields.get("draft", False) is False
            continue
        case = _case(fields)
        if case.id not in known:
            new.append(_stripped(fields))
        elif known[case.id].model_dump() != case.model_dump():
            raise DocumentError(
                f"{where}: {cases} has another case of that id, or the drafts have two. Give the draft an id of its "
                "own; nothing was changed."
            )
        known[case.id] = case
        accepted.append(line)
    if new:
        _write(cases, _with_lines(_content(cases) if cases.exists() else b"", new))
    if accepted:
        gone = {line.number for line in accepted}
        left = [raw for number, raw in enumerate(before.split(b"\n"), start=1) if number not in gone]
        _write(drafts, b"\n".join(left))
    return Taken(tuple(str((line.fields or {})["id"]) for line in accepted), tuple(missing), broken)


def _draft(said: Sequence[Feedback]) -> dict[str, Any]:
    """The draft of one exchange."""
    first = said[0]
    answer = first.answer
    kind, expect = _KINDS.get(str(answer.get("kind")), _OTHER)
    if expect == "refuse" and any(one.kind == "down" for one in said):
        # Whoever votes a refusal down holds that the documents have the answer.
        kind, expect = _OTHER
    sources = dict.fromkeys(str(one.get("source_id", "")) for one in answer.get("citations", ()))
    return {
        "id": f"fb-{first.at:%Y%m%d-%H%M%S}-{first.exchange[:_HASH_DIGITS]}",
        "draft": True,
        "kind": kind,
        "turns": list(first.turns),
        "expect": expect,
        "nuggets": [],
        "forbidden": [],
        "gold_sources": list(sources),
        **({"best_models": []} if expect == "recommend" else {}),
        "why": "",
        "given": str(answer.get("answer", "")),
        "comment": next((one.comment for one in said if one.comment), ""),
    }


def _exchange_of(fields: Mapping[str, Any]) -> str:
    """What names the exchange in the id of a draft: of one exchange there is one draft, whenever it was judged."""
    return str(fields.get("id", "")).rpartition("-")[2]


def _missing(line: _Line) -> tuple[str, ...]:
    """What keeps a draft from being a case; empty when nothing does."""
    if line.fields is None:
        return ("is no JSON object: write one draft a line",)
    faults = []
    if line.fields.get("draft", False) is not False:
        faults.append("`draft` is still set: take it out once the case is finished")
    try:
        case = _case(line.fields)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            faults.append(f"{'.'.join(map(str, one['loc'])) or 'the line'}: {one['msg']}")
        return tuple(faults)
    if case.expect == "answer" and not any(nugget.vital for nugget in case.nuggets):
        faults.append("`nuggets` has no vital one: add a fact that a right answer holds, with `vital` true")
    for nugget in case.nuggets:
        if re.search(nugget.regex, "", re.IGNORECASE):
            faults.append(f"`nuggets`: the regex {nugget.regex!r} matches whatever is said")
    if case.expect == "recommend" and not case.best_models:
        faults.append("`best_models` is empty: name the options that are a right first choice")
    if not case.why.strip():
        faults.append("`why` is empty: say what in the documents says so")
    return tuple(faults)


def _case(fields: Mapping[str, Any]) -> Case:
    # As it will be read from its file.
    return Case.model_validate_json(json.dumps(_stripped(fields)))


def _stripped(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key not in _OF_DRAFTS}


def _lines(content: bytes) -> list[_Line]:
    """The lines that hold something."""
    return [_Line(number, raw, _object(raw)) for number, raw in enumerate(content.split(b"\n"), start=1) if raw.strip()]


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        # An editor may have put a mark of UTF-8 before the first line.
        fields = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}. Give a file of JSON lines.") from error


def _with_lines(before: bytes, new: Iterable[Mapping[str, Any]]) -> bytes:
    end = b"" if not before or before.endswith(b"\n") else b"\n"
    return before + end + b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in new)


def _write(file: Path, content: bytes) -> None:
    with whole_file(file, keep_mode=True) as draft:
        draft.write(content)

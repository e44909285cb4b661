"""Facts that are given outright, as KEY=LEVEL or in a file, and the answers of an interview."""

from __future__ import annotations

import difflib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.deciding.facts import SURENESS, Fact, Profile
from bot.types import Answer
from ingest.errors import PathError, UsageError
from ingest.yaml_file import YamlError, parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.deciding.facts import How
    from bot.deciding.rubric_model import Rubric
    from bot.types import Recommendation
    from ingest.pack import Pack

__all__ = [
    "MAX_NAME",
    "PRESENT",
    "answered_profile",
    "check_criterion",
    "chosen_fact",
    "given_profile",
    "profile_behind",
    "profile_of",
    "told_profile",
]

MAX_FILE_BYTES = 1_000_000
MAX_NAME = 200
"""Longest name of a criterion, a level or an option, and longest number, in characters."""
_SHOWN = 40
PRESENT = "present"
"""Key under which an option is given that the organisation has today."""


def given_profile(given: Iterable[str], rubric: Rubric, pack: Pack) -> Profile:
    """The profile that command-line facts make; a later one replaces an earlier one.

    Args:
        given: Each KEY=LEVEL (a level's id, or a number where the criterion counts something) or the name of a YAML or
            JSON file that maps keys to levels. The key `present` names an option that the organisation has today.
        rubric: Criteria and levels.
        pack: Decisions and options.

    Raises:
        UsageError: A key or a level is not known, or a file does not map keys to levels.
        PathError: A file cannot be read.
    """
    profile = Profile()
    for one in given:
        key, equals, value = one.partition("=")
        found = {key.strip(): value.strip()} if equals else _read(Path(one))
        profile = profile.with_more(told_profile(found, rubric, pack))
    return profile


def told_profile(told: Mapping[str, Any], rubric: Rubric, pack: Pack) -> Profile:
    """The profile that a mapping of criteria to levels, or to numbers, makes; `present` as in `given_profile`.

    Raises:
        UsageError: A key or a level is not known.
    """
    facts: dict[str, Fact] = {}
    present: dict[str, tuple[str, str]] = {}
    for name, level in told.items():
        if name == PRESENT:
            for option in level if isinstance(level, list) else [level]:
                present.update(_present(str(option), pack))
        else:
            # YAML reads a bare "no" as false, which is a level here and there.
            chosen = ("no", "yes")[level] if isinstance(level, bool) else str(level)
            facts[name] = chosen_fact(name, chosen, rubric)
    return Profile(facts=facts, present=present)


def chosen_fact(criterion: str, answer: str, rubric: Rubric) -> Fact:
    """The fact that a criterion has a level, given by the level's id or by a number.

    Raises:
        UsageError: The criterion or the level is not known.
    """
    check_criterion(criterion, rubric)
    _check_length(f"level of fact {criterion!r}", answer)
    known = rubric.criteria[criterion]
    if answer in known.levels:
        return Fact(criterion, answer, answer, "chosen")
    try:
        value = float(answer.replace(",", ""))
    except ValueError:
        value = None
    if value is not None and math.isfinite(value) and value >= 0 and known.numbers:
        level = known.numbers[0].level(value)
        if level is not None:
            return Fact(criterion, level, answer, "chosen", value=value)
    counted = f", or a number of {known.numbers[0].name}" if known.numbers else ""
    raise UsageError(f"fact {criterion}={answer!r}: no such level. {_known(answer, known.levels)}{counted}")


def check_criterion(criterion: str, rubric: Rubric) -> None:
    """Looks whether there is such a criterion.

    Raises:
        UsageError: There is none.
    """
    _check_length("name of a fact", criterion)
    if criterion not in rubric.criteria:
        raise UsageError(f"fact {criterion!r}: no such criterion. {_known(criterion, rubric.criteria)}")


def answered_profile(path: Path, rubric: Rubric, pack: Pack) -> tuple[Profile, str]:
    """The profile behind a stored answer, and the decision it is about.

    Raises:
        PathError: The file cannot be read.
        UsageError: It holds no answer with a recommendation, or facts that this rubric does not know.
    """
    try:
        answer = Answer.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise PathError(f"{path} cannot be read: {error}. Give a file that `ask --json` printed.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} holds no answer: {str(error).splitlines()[0]}. Give what `ask --json` printed."
        ) from error
    return profile_behind(answer, rubric, pack, str(path))


def profile_behind(answer: Answer, rubric: Rubric, pack: Pack, name: str) -> tuple[Profile, str]:
    """The profile behind an answer, and the decision it is about.

    Args:
        answer: The answer.
        rubric: Criteria and levels.
        pack: Decisions and options.
        name: What messages call the answer.

    Raises:
        UsageError: It recommends nothing, or rests on facts that this rubric does not know.
    """
    if answer.recommendation is None:
        raise UsageError(f"{name}: the answer recommends nothing. Give one of `groundrule ask --json` that does.")
    return profile_of(answer.recommendation, rubric, pack, name), answer.recommendation.decision


def profile_of(made: Recommendation, rubric: Rubric, pack: Pack, name: str) -> Profile:
    """The profile behind a recommendation.

    Args:
        made: The recommendation.
        rubric: Criteria and levels.
        pack: Decisions and options.
        name: What messages call the answer that it stood in.

    Raises:
        UsageError: It rests on facts that this rubric does not know.
    """
    facts = {}
    for fact in made.facts:
        chosen_fact(fact.criterion, fact.level, rubric)
        facts[fact.criterion] = Fact(fact.criterion, fact.level, fact.said, _how(fact.how))
    present = {}
    if made.present:
        _check_length(f"present option of {name}", made.present)
        known = [o.id for decision in pack.decisions if decision.id == made.decision for o in decision.options]
        if made.present not in known:
            raise UsageError(f"{name}: present {made.present!r}: no such option. {_known(made.present, known)}")
        present = {made.decision: (made.present, made.present)}
    return Profile(facts=facts, present=present)


def _how(how: str) -> How:
    """How a fact of a stored answer was read."""
    return next((known for known in SURENESS if known == how), "phrase")


def _present(option: str, pack: Pack) -> dict[str, tuple[str, str]]:
    _check_length(f"option of fact {PRESENT!r}", option)
    ids = [known.id for known in pack.options]
    if option not in ids:
        raise UsageError(f"fact {PRESENT}={option!r}: no such option. {_known(option, ids)}")
    return {pack.decision_of(option).id: (option, option)}


def _check_length(what: str, name: str) -> None:
    """Looks whether a name may be one, before any is looked for that is like it."""
    if len(name) > MAX_NAME:
        raise UsageError(f"the {what} has {len(name):,} characters: {name[:_SHOWN]!r}… Give one of {MAX_NAME} at most.")


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise PathError(f"{path} has more than {MAX_FILE_BYTES:,} bytes; a file of facts has a few hundred.")
        fields = parse_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PathError(f"{path} is neither KEY=LEVEL nor a file. Give facts as in --facts use-cases=few.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PathError(f"{path} cannot be read: {error}. Give a YAML or JSON file.") from error
    except YamlError as error:
        where = f", line {error.line}" if error.line else ""
        raise UsageError(f"{path}{where}: neither YAML nor JSON ({error}). Correct it.") from error
    if isinstance(fields, dict) and isinstance(fields.get("facts"), dict):
        fields = {**{k: v for k, v in fields.items() if k == PRESENT}, **fields["facts"]}
    if not isinstance(fields, dict) or not all(isinstance(v, str | int | float | list) for v in fields.values()):
        raise UsageError(f"{path}: must map criteria to levels, such as `use-cases: few`.")
    return {str(key): value for key, value in fields.items()}


def _known(name: str, known: Mapping[str, Any] | list[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return (f"Did you mean {near[0]!r}? " if near else "") + f"Known: {', '.join(known)}"

"""Sets of cases: where ours lie, and whether what a set names is known here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evals.cases import Case, load_cases
from ingest.errors import DocumentError
from ingest.naming import Namer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ingest.pack import Pack

__all__ = ["DATASETS", "load_set"]

# Ids that are told one by one.
MAX_NAMED = 10

DATASETS = Path(__file__).resolve().parent / "datasets"
"""Our own cases. Folders within hold sets of other sorts, and cases that are kept apart."""


def load_set(
    paths: Sequence[Path], kinds: Collection[str], pack: Pack, sources: Collection[str], say: Callable[[str], None]
) -> list[Case]:
    """The cases of a set, their options by id.

    Args:
        paths: Files and folders; ours when empty.
        kinds: Only cases of these kinds; all when empty.
        pack: Whose options the cases may name, by id or by any of their names.
        sources: Ids of the documents that are searched.
        say: Told in a sentence what is not measured, and why.

    Raises:
        PathError, DocumentError: As in `load_cases`; or there is no case, or none of a kind, or one names an option
            that is none or is both right and wrong.
    """
    cases = load_cases(paths or [DATASETS])
    if not cases:
        named = ", ".join(map(str, paths))
        raise DocumentError(f"{named} holds no case. Give JSON lines; `groundrule eval schema` shows the layout.")
    known = sorted({case.kind for case in cases})
    if strange_kinds := [kind for kind in kinds if kind not in known]:
        raise DocumentError(
            f"the set holds no case of the kind {', '.join(strange_kinds)}. Give one of: {', '.join(known)}."
        )
    held = [case for case in cases if not kinds or case.kind in kinds]
    namer = Namer(pack)
    known_options = {option.id for option in pack.options}
    resolved = [_with_ids(case, known_options, namer) for case in held]
    _tell_unread(resolved, say)
    if free := [case.id for case in resolved if case.expect == "answer" and not _names_anything(case)]:
        say(
            f"Cases that expect an answer but name no vital fact and no best model: {', '.join(free[:MAX_NAMED])}. "
            "Whatever is answered to them counts as right."
        )
    unsearched = [set(case.gold_sources) - set(sources) for case in resolved]
    if strange := sorted(set().union(*unsearched)):
        say(
            f"Sources that the cases name but that are not searched: {', '.join(strange)}. "
            f"Which sources are cited is not measured for their {sum(map(bool, unsearched))} cases."
        )
    return resolved


def _names_anything(case: Case) -> bool:
    return bool(case.best_models) or any(nugget.vital for nugget in case.nuggets)


def _with_ids(case: Case, known: Collection[str], namer: Namer) -> Case:
    def ids(names: Sequence[str]) -> tuple[str, ...]:
        found: list[str] = []
        for name in names:
            named = (name,) if name in known else namer.option_ids(name.replace("_", " "))
            if len(named) != 1:
                raise DocumentError(
                    f"case {case.id!r} names {name!r}, which is no option of this pack. Give one of "
                    f"{', '.join(sorted(known))}."
                )
            found += named
        return tuple(found)

    best, wrong = ids(case.best_models), ids(case.wrong_models)
    if both := sorted(set(best) & set(wrong)):
        raise DocumentError(f"case {case.id!r} has {', '.join(both)} both as best and as wrong. Take one out.")
    return case.model_copy(update={"best_models": best, "wrong_models": wrong})


def _tell_unread(cases: Sequence[Case], say: Callable[[str], None]) -> None:
    extra = sorted({key for case in cases for key in case.model_extra or {}})
    if extra:
        say(f"Keys that are not read: {', '.join(extra)}. Known ones: {', '.join(Case.model_fields)}.")

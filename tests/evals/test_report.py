"""The report: one page without scripts, in which whatever people and models wrote is text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from evals.gate import Gate, pass_gates
from evals.report.page import MAX_SHOWN, Extras, page, to_look_at
from evals.results import Change
from tests.evals.made import cited, evaluation, marked, nugget, recommendation, reply

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp; </pre></details> {{ 7*7 }} http://evil.example/x"
CHANGE = Change("20260101-abc", 2, ("b",), ("c",), {"right": (0.25, 0.5)})


class Tags(HTMLParser):
    """Every element with its attributes, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]

    @property
    def sections(self) -> list[str | None]:
        return [one["aria-labelledby"] for one in self.named("section")]


def shown(*ones: Any, **extras: Any) -> Tags:
    return Tags(page(evaluation(*ones), Extras(**extras)))


def full() -> list[Any]:
    """Cases that fill every part of a page."""
    gas = reply("Gas.", kind="recommendation", recommendation=recommendation("gas", "wood", share=0.9))
    return [
        marked("a", "right", reply(confidence=0.9), milliseconds=(10.0, 30.0)),
        marked(
            "b", "wrong", reply("Cold [1].", cited(1)), missed=("it is warm",), forbidden=("cold",), turns=["x", "y"]
        ),
        marked("c", "missing", reply("Nothing.", kind="refusal", confidence=0.1), expect="refuse", kind="unanswerable"),
        marked("d", "right", gas, kind="recommend", expect="recommend", best_models=["gas"], marks={"top_one": 1.0}),
        marked("e", "missing", failure="ValueError: burnt"),
        marked("f", "right", unsupported=("Cats fly",)),
        marked("g", "right", failed_beside=("'x': ValueError: singed",)),
    ]


RIVAL: dict[str, Any] = {
    "name": "Them",
    "about": "How they are asked.",
    "figures": [
        {
            "title": "Right",
            "ours": 0.5,
            "theirs": 0.25,
            "value": 0.25,
            "low": 0.1,
            "high": 0.4,
            "n": 9,
            "better": "Groundrule",
        },
        {
            "title": "Facts",
            "ours": 0.5,
            "theirs": 0.75,
            "value": -0.25,
            "low": -0.4,
            "high": -0.1,
            "n": 9,
            "better": "Them",
        },
        {"title": "Length", "ours": 5, "theirs": 5, "value": 0, "low": 0, "high": 0, "n": 9, "better": ""},
    ],
    "only_theirs": ["b", "e"],
}
AREA = {"value": 0.8, "low": 0.7, "high": 0.9}
AGREEMENT = [
    {
        "set": "essays/test.jsonl",
        "n": 40,
        "auroc": AREA,
        "spearman": 0.5,
        "others": [{"name": "judge", "n": 39, "auroc": AREA, "spearman": None}],
    },
    {"set": "bare/test.jsonl", "n": 4, "auroc": AREA, "spearman": None, "others": []},
]
ROW = {"mean": 0.5, "spread": 0.1, "low": 0.4, "high": 0.6, "changed": 1, "failed": 2, "calls": 9}
JUDGE = {
    "model": "small",
    "runs": 3,
    "evaluators": {
        "faithfulness": ROW,
        "correctness": {**ROW, "mean": None, "spread": None, "low": None, "high": None},
    },
}


def everything() -> dict[str, Any]:
    made = evaluation(*full()).result
    gates = [Gate(metric="right", at_least=0.1, why="fine"), Gate(metric="right", at_least=0.99, why="too much")]
    return {
        "change": CHANGE,
        "outcomes": pass_gates(gates, made, CHANGE),
        "rival": RIVAL,
        "agreement": AGREEMENT,
        "judge": JUDGE,
    }


@pytest.fixture(scope="module")
def filled() -> str:
    """A page that has everything."""
    return page(evaluation(*full()), Extras(**everything()))


# --- what is there


def test_without_extras_only_the_plain_sections_are_there() -> None:
    tags = shown(marked("a"))
    assert tags.sections == ["figures", "kinds", "refusing", "look", "about"]
    assert "1 cases: 1 right, 0 missing, 0 wrong" in tags.text
    assert "Every case is right, and every statement supported." in tags.text
    assert "0.1.0" in tags.text
    assert len(tags.named("svg")) == 2


def test_with_everything_every_section_is_there(filled: str) -> None:
    tags = Tags(filled)
    assert tags.sections == [
        "gate", "change", "figures", "kinds", "refusing", "rival", "agreement", "judge", "latency", "look", "about",
    ]  # fmt: skip
    # Each section is named by a heading of its own.
    headings = [one["id"] for one in tags.named("h2")]
    assert headings == tags.sections
    assert len(tags.named("svg")) == 6
    assert all(one["role"] == "img" and one["aria-label"] for one in tags.named("svg"))
    assert [one["class"] for one in tags.named("figure") if "class" in one] == ["wide"] * 4


def test_what_the_sections_say(filled: str) -> None:
    text = Tags(filled).text
    for said in (
        "at 2 the product failed",
        "1 of 2 thresholds does not hold.",
        "the gate asks for at least 0.99: too much",
        "2 cases are in both, unaltered. Broken: b. Mended: c.",
        "0.2500 0.5000",
        "+0.250 (+0.100 to +0.400)",
        "Right there and not here: b, e.",
        "essays/test.jsonl 40 0.800 (0.700–0.900) 0.500 judge: AUROC 0.800 (0.700–0.900, n=39)",
        "small, 3 runs. Not gated",
        "faithfulness 0.500 0.100 0.400–0.600 1 2 of 9",
        "correctness – – – 1 2 of 9",
        "Median 20 ms, 95 % within 29 ms, 2 asked at a time",
        "No answer: ValueError: burnt",
        "'x': ValueError: singed",
        "Missed: it is warm",
        "Should not hold: cold",
        "Cats fly",
        "[1] bread, : Bread rises in an oven.",
    ):
        assert said in text, said
    # d is right and supported: it is not among those to look at.
    assert "first one of gas" not in text


def test_figures_that_are_not_compared_make_no_table() -> None:
    tags = shown(marked("a"), change=replace(CHANGE, broken=(), mended=(), figures={}))
    assert "None broke. None was mended." in tags.text
    assert "then" not in [word.strip() for word in tags.words]


def test_thresholds_that_hold() -> None:
    one = pass_gates([Gate(metric="right", at_least=1, why="a")], evaluation(marked("a")).result, None)
    assert "The threshold holds." in shown(marked("a"), outcomes=one).text
    assert "All 2 thresholds hold." in shown(marked("a"), outcomes=one * 2).text


def test_the_whole_conversation_is_shown() -> None:
    said = ["Asked: Gas?", "Said of gas.", "Asked: Wood?", "Said of wood.", "Asked: Coal?", "Said of coal."]
    one = marked("a", "wrong", reply(said[5]), turns=["Gas?", "Wood?", "Coal?"], earlier=(said[1], said[3]))
    text = shown(one).text
    places = [text.index(words) for words in said]
    assert places == sorted(places)
    # Closed, a case shows the last message alone.
    assert [text.count(words) for words in ("Gas?", "Wood?", "Coal?")] == [1, 1, 2]


# --- which cases


def test_the_worst_come_first() -> None:
    ones = [
        marked("fine"),
        marked("weak", unsupported=("x",)),
        marked("lost", "missing"),
        marked("half", "wrong", marks={"vital_nuggets": 0.5}),
        marked("bad", "wrong"),
        marked("crash", "missing", failure="x"),
        marked("limp", failed_beside=("x",)),
        marked("broke", "missing"),
    ]
    found, left = to_look_at(ones, Change("then", 8, ("broke",), (), {}))
    assert [one.case.id for one in found] == ["broke", "crash", "limp", "bad", "half", "lost", "weak"]
    assert left == 0


def test_no_more_are_shown_than_are_read() -> None:
    ones = [marked(f"{n:03}", "wrong") for n in range(MAX_SHOWN + 7)]
    found, left = to_look_at(ones, None)
    assert ([one.case.id for one in found], left) == ([f"{n:03}" for n in range(MAX_SHOWN)], 7)
    tags = shown(*ones)
    assert len(tags.named("details")) == MAX_SHOWN
    assert "7 more are in the JSON beside this page." in tags.text


# --- what people and models wrote is text


def evil() -> list[Any]:
    bad = cited(1, EVIL, EVIL, section=EVIL)
    return [
        marked(
            "<b>id</b>",
            "wrong",
            reply(f"{EVIL} [1]", bad),
            kind="<script>kind</script> $\\frac{1}{2}$ $^$",
            turns=[EVIL, EVIL],
            why=EVIL,
            earlier=(EVIL,),
            missed=(EVIL,),
            forbidden=(EVIL,),
            unsupported=(EVIL,),
            failed_beside=(EVIL,),
            milliseconds=(1.0, 2.0),
        ),
        marked("f", "missing", failure=EVIL, kind="<i>k</i>"),
        marked(
            "r",
            "wrong",
            reply("x", kind="recommendation", recommendation=recommendation("<u>gas</u>", "$a$")),
            expect="recommend",
            best_models=["<s>coal</s>"],
        ),
    ]


def evil_extras() -> dict[str, Any]:
    made = evaluation(*evil()).result
    return {
        "change": Change(EVIL, 1, ("<b>id</b>",), (EVIL,), {EVIL: (0.0, 1.0)}),
        "outcomes": pass_gates([Gate(metric="right", at_least=1, why=EVIL)], made, None),
        "rival": {
            "name": EVIL,
            "about": EVIL,
            "figures": [{**RIVAL["figures"][0], "title": EVIL, "better": EVIL}],
            "only_theirs": [EVIL],
        },
        "agreement": [
            {**AGREEMENT[0], "set": EVIL, "others": [{"name": EVIL, "n": 1, "auroc": AREA, "spearman": 0.1}]}
        ],
        "judge": {"model": EVIL, "runs": 1, "evaluators": {EVIL: ROW}},
    }


@pytest.fixture(scope="module")
def hostile() -> str:
    return page(evaluation(*evil(), about={EVIL: EVIL}), Extras(**evil_extras()))


def test_scripts_and_markup_stay_text(hostile: str) -> None:
    tags = Tags(hostile)
    assert "script" not in {tag for tag, _ in tags.tags}
    assert not {"img", "b", "i", "u", "s", "iframe", "object", "embed", "form", "base", "link"} & {
        t for t, _ in tags.tags
    }
    assert not [name for _, attributes in tags.tags for name in attributes if name.startswith("on")]
    # It is all there, to be read; nothing of it is a template either.
    assert tags.text.count("alert(1)") > 20
    assert "<script>alert(1)</script>" in tags.text
    assert "{{ 7*7 }}" in tags.text
    assert "<b>id</b>" in tags.text
    # In the plots, too: dollars make no formula.
    assert r"<script>kind</script> $\frac{1}{2}$ $^$" in tags.text
    assert "<u>gas</u>" in tags.text


@pytest.mark.parametrize("which", ["plain", "hostile"])
def test_nothing_is_fetched(which: str, filled: str, hostile: str) -> None:
    html = hostile if which == "hostile" else filled
    tags = Tags(html)
    addresses = [
        value or ""
        for _, attributes in tags.tags
        for name, value in attributes.items()
        if name.split(":")[-1] in {"src", "href", "srcset", "data", "action", "poster", "background"}
    ]
    assert addresses
    assert all(one.startswith(("#", "data:image/png;base64,")) for one in addresses)
    styles = [value or "" for _, attributes in tags.tags for name, value in attributes.items() if name == "style"]
    clips = [value or "" for _, attributes in tags.tags for name, value in attributes.items() if name == "clip-path"]
    sheets = re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL)
    for text in (*styles, *clips, *sheets):
        assert all(one.startswith("#") for one in re.findall(r"url\(\s*['\"]?([^'\")]*)", text))
        assert "@import" not in text
    # Should anything slip in all the same, the browser is told not to fetch or run it.
    (policy,) = [
        one["content"] or "" for one in tags.named("meta") if one.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "http" not in policy
    assert "*" not in policy
    # It stands before all that could load anything.
    assert html.index("Content-Security-Policy") < html.index("<style")


# --- a set that is kept apart


def test_a_set_that_is_kept_apart_shows_no_case() -> None:
    secret = [
        marked(
            "secretid",
            "wrong",
            reply("SECRET answer [1]", cited(1, "SECRET quote")),
            turns=["SECRET one", "SECRET two"],
            why="SECRET why",
            earlier=("SECRET earlier",),
            missed=("SECRET fact",),
            forbidden=("SECRET pattern",),
            unsupported=("SECRET statement",),
            failed_beside=("SECRET failure",),
            nuggets=[nugget("SECRET")],
        ),
        marked("other", "missing", failure="SECRET failure"),
    ]
    rival = {**RIVAL, "only_theirs": ["secretid"]}
    change = Change("then", 2, ("secretid",), ("other", "third"), {"right": (0.5, 0.0)})
    html = page(evaluation(*secret), Extras(blind=True, rival=rival, change=change))
    assert "SECRET" not in html
    assert "secretid" not in html
    tags = Tags(html)
    assert not tags.named("details")
    assert "This set is kept apart: no case of it is shown." in tags.text
    # The figures are there all the same.
    assert "2 cases: 0 right, 1 missing, 1 wrong" in tags.text
    assert "Broken: 1. Mended: 2." in tags.text
    assert "SECRET" in page(evaluation(*secret), Extras())


def test_the_page_is_the_same_on_every_run(filled: str) -> None:
    assert page(evaluation(*full()), Extras(**everything())) == filled

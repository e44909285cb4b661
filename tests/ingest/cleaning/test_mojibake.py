from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.cleaning.mojibake import repair_encoding


def greek(text: str) -> str:
    """Through Greek ISO for letters, Western Windows for what that has no character for."""
    signs = []
    for byte in text.encode():
        one = bytes([byte])
        if byte < 0x80:
            signs.append(one.decode())
        elif byte < 0xA0:
            signs.append(one.decode("cp1252", "ignore"))
        else:
            signs.append(one.decode("iso8859_7"))
    return "".join(signs)


@pytest.mark.parametrize("text", ["“One platform – many teams”, she said…", "café", "naïve teams’ choice", "it’s 5 €"])
def test_text_that_went_through_one_wrong_table_is_as_it_was(text: str) -> None:
    broken = text.encode().decode(
        "sloppy-windows-1252"
    )  # ftfy brings this codec: the five bytes without a character stay
    assert broken != text
    repaired = repair_encoding(broken)
    assert (repaired.text, repaired.repaired > 0, repaired.removed) == (text, True, 0)


@pytest.mark.parametrize("sign", ["✅", "👉", "🗣️", "🕸️", "✔️", "👇", "🚀", "–", "…"])
def test_signs_that_went_through_two_tables_are_as_they_were(sign: str) -> None:
    broken = f"{greek(sign)} Shared tools save work"
    assert sign not in broken
    assert repair_encoding(broken).text == f"{sign} Shared tools save work"


def test_what_cannot_be_told_any_more_is_left_out() -> None:
    # 💁, 💍, 💏, 💐 and 💝 lose their last byte alike.
    repaired = repair_encoding(greek("💝") + " Who runs the platform?")
    assert repaired.text == " Who runs the platform?"
    assert (repaired.repaired, repaired.removed) == (0, 1)
    assert repair_encoding("one\ufffdtwo").text == "onetwo"


@pytest.mark.parametrize(
    "text",
    [
        "Καλημέρα κόσμε, πώς είσαι; «ΑΠΟΣ» “ΓΕΙΑ”",
        "β’s share of α’ and γ»",
        "Größe „so“ und ‚so‘, l’œuvre d’été «ça»",
        "Привет, мир — как дела?",
        "日本語のテキスト。",
        "π ≈ 3.14 · 2, 100 € – 5°C ½ µm ™ ©",
        "🧑‍🤝‍🧑 ✅ 🤷🏻‍♀️",
        "plain words",
    ],
)
def test_text_that_is_not_broken_stays(text: str) -> None:
    repaired = repair_encoding(text)
    assert (repaired.text, repaired.repaired, repaired.removed) == (text, 0, 0)


@example("οΈΆ")  # as bytes of ISO 8859-7 it would be a bracket
@given(st.text(st.characters(codec="iso8859_7", min_codepoint=0x386, categories=("Ll", "Lu")), max_size=60))
def test_greek_letters_are_never_taken_for_bytes(text: str) -> None:
    assert repair_encoding(text).text == text


@given(st.text(max_size=200))
def test_any_text_is_read_and_a_second_time_nothing_changes(text: str) -> None:
    once = repair_encoding(text).text
    assert repair_encoding(once).text == once

"""Text that was decoded with the wrong tables is put right, or taken out where nobody can tell any more. Owns ftfy.

ftfy undoes text that went through one wrong table. A text that was pasted from place to place may have gone through
two, and lost the bytes that neither of them has: its runs are read here as bytes of UTF-8, with each character standing
for any byte that one of the tables gives it, and a lost byte put in where only one is possible.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import TYPE_CHECKING

import ftfy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Repaired", "repair_encoding"]

# Tables that text is wrongly read with: Western and Greek, by Windows and by ISO.
_TABLES = ("cp1252", "iso8859_7", "cp1253", "latin_1")
# Bytes that cp1252 has no character for: what it reads loses them.
_LOST = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
# What a character has to be to have come from such a run: nobody's letters are ever taken for bytes.
_SYMBOLS = frozenset({"So", "Sk", "Sm", "Sc", "Po", "Pd", "Pi", "Pf", "Ps", "Pe", "Mn", "Cf"})
# Signs that only ever follow another: variation selector, joiner, skin tones.
_FOLLOWERS = frozenset({"\ufe0f", "\u200d", *map(chr, range(0x1F3FB, 0x1F400))})
# Of several signs that a run can stand for, those that people write: typographic marks, then emoji and dingbats.
_COMMON = (range(0x2013, 0x203B), range(0x2122, 0x2123), range(0x2190, 0x2194), range(0x20AC, 0x20AD))
_EMOJI = (range(0x2600, 0x27C0), range(0x2B00, 0x2C00), range(0x1F300, 0x1F700), range(0x1F900, 0x1FB00))
# Three and four bytes of UTF-8 begin with these: emoji, dashes, typographic quotes, arrows.
_LEADS = range(0xE2, 0xF1)
_RUN = re.compile(r"[^\x00-\x7f]{2,}")
_SETTINGS = ftfy.TextFixerConfig(
    uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False, unescape_html=False, explain=False
)
# What nothing but a failure to decode leaves behind.
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text and what was done to it.

    Attributes:
        text: The text without broken characters.
        repaired: How many broken runs were put right.
        removed: How many were taken out, since what they were cannot be told.
    """

    text: str
    repaired: int = 0
    removed: int = 0


def repair_encoding(text: str) -> Repaired:
    """Puts right what wrong decoding broke in a text, and takes out what cannot be put right."""
    counts = {"repaired": 0, "removed": 0}

    def mended(match: re.Match[str]) -> str:
        found = _read_run(match[0])
        if found is None:
            return match[0]
        counts["repaired" if found else "removed"] += 1
        return found

    # Composed characters first, so that ftfy is only counted where it mended something.
    plain = unicodedata.normalize("NFC", text)
    once = ftfy.fix_text(plain, _SETTINGS)
    if once != plain:
        counts["repaired"] += 1
    layered = _RUN.sub(mended, once)
    whole = layered.replace(_REPLACEMENT, "")
    counts["removed"] += len(layered) - len(whole)
    return Repaired(whole, **counts)


def _read_run(run: str) -> str | None:
    """What a run of characters was: None when it is a text of its own, "" when it was broken beyond repair."""
    found: list[str] = []
    whole = broken = 0
    place = 0
    while place < len(run):
        read = _read_character(run, place)
        if read is None:
            found.append(run[place])
            place += 1
            continue
        length, options, lost = read
        whole, broken = whole + (not lost), broken + lost
        place += length
        found.append(_likeliest(options, "".join(found), lost=lost))
    # A lost byte alone is too little to take anybody's letters for bytes.
    if not whole and not (broken and _begins_emoji(run)):
        return None
    # A joiner that joins nothing any more says nothing.
    text = re.sub("\u200d(?=\u200d|$|\\s)", "", "".join(found))
    return text if text.strip("".join(_FOLLOWERS)) else ""


def _read_character(run: str, place: int) -> tuple[int, list[str], bool] | None:
    """How many characters of a run stand for one at a place, what that can have been, and whether a byte was lost."""
    for lead in _bytes_of(run[place]):
        if lead not in _LEADS:
            continue
        needed = 3 if lead >= 0xF0 else 2
        for kept in (needed, needed - 1):
            following = run[place + 1 : place + 1 + kept]
            options = list(dict.fromkeys(_characters(lead, following, needed))) if len(following) == kept else []
            # Letters alone, each of which may stand for a byte, are a word.
            if options and not (kept == needed and (run[place] + following).isalpha()):
                return 1 + kept, options, kept < needed
    return None


def _likeliest(options: Sequence[str], before: str, *, lost: bool) -> str:
    """The one sign that was meant, or "" when nobody can tell; the likelier tables' signs come first."""
    followers = [sign for sign in options if sign in _FOLLOWERS]
    if followers and before:
        return followers[0] if len(followers) == 1 else ""
    for blocks in (_COMMON, _EMOJI):
        named = [sign for sign in options if any(ord(sign) in block for block in blocks)]
        if named:
            # With a byte gone, the tables say nothing about which of several it was.
            return "" if lost and (len(named) > 1 or blocks is _COMMON) else named[0]
    return options[0] if len(options) == 1 and not lost else ""


def _begins_emoji(run: str) -> bool:
    return any(0xF0 in _bytes_of(first) and 0x9F in _bytes_of(second) for first, second in pairwise(run))


def _characters(lead: int, following: str, needed: int) -> Iterator[str]:
    """Every symbol that a lead byte and the following characters, with one lost byte at most, can stand for."""
    choices = [[byte for byte in _bytes_of(character) if 0x80 <= byte <= 0xBF] for character in following]
    for bytes_ in product(*choices):
        rests = (
            [bytes_]
            if len(bytes_) == needed
            else [(*bytes_[:at], lost, *bytes_[at:]) for at in range(len(bytes_) + 1) for lost in _LOST]
        )
        for rest in rests:
            try:
                character = bytes([lead, *rest]).decode("utf-8")
            except UnicodeDecodeError:
                continue
            if unicodedata.category(character) in _SYMBOLS:
                yield character


@cache
def _bytes_of(character: str) -> tuple[int, ...]:
    found: list[int] = []
    for table in _TABLES:
        try:
            byte = character.encode(table)[0]
        except UnicodeEncodeError:
            continue
        if byte >= 0x80 and byte not in found:
            found.append(byte)
    return tuple(found)

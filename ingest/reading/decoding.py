"""Bytes to text: UTF-8, UTF-16 and UTF-32 by their marks, everything else by guess, and said so.

Owns charset-normalizer.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from ingest.errors import DocumentError

__all__ = ["has_mark", "is_text", "looks_like_utf8", "text_of_bytes"]

# Longer marks first: that of UTF-32 begins as that of UTF-16 does.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# Text has hardly any control characters; what has one in a hundred is something else.
_MOST_CONTROLS = 0.01
# A guess needs no more of a text than this, in bytes.
_SAMPLE = 1 << 18
# In languages of Western Europe fewer than this of the letters have accents; others are left to the guess.
_MOST_ACCENTED = 0.2


def has_mark(content: bytes) -> bool:
    """Whether the text begins with the byte order mark of an encoding."""
    return any(content.startswith(mark) for mark, _ in _MARKS)


def looks_like_utf8(content: bytes) -> bool:
    """Whether these bytes are UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_text(content: bytes) -> bool:
    """Whether these bytes can be text of any encoding: no NUL, and hardly any other control character."""
    if has_mark(content):
        return True
    sample = content[:_SAMPLE]
    return b"\0" not in content and len(_CONTROLS.findall(sample)) <= _MOST_CONTROLS * len(sample)


def text_of_bytes(content: bytes, name: str, declared: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The text that the bytes are, with `\\n` line ends and composed accents, and a note where the encoding is a guess.

    Args:
        content: The bytes.
        name: The file's name, for messages.
        declared: The encoding that the document says it has, believed after UTF-8.

    Raises:
        DocumentError: It is no text.
    """
    text, notes = _decoded(content, name, declared)
    if "\0" in text:
        raise DocumentError(f"{name} is not text: it contains NUL characters. Give a text file.")
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n"), notes


def _decoded(content: bytes, name: str, declared: str | None) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), ()
            except UnicodeDecodeError as error:
                raise DocumentError(
                    f"{name} begins as {encoding.upper()} text but is not (byte {error.start}). Save it as UTF-8."
                ) from error
    if looks_like_utf8(content):
        return content.decode("utf-8"), ()
    if not is_text(content):
        raise DocumentError(f"{name} is not text: it contains NUL or other control characters. Give a text file.")
    if declared:
        try:
            return content.decode(declared), ()
        except (LookupError, UnicodeDecodeError):
            pass  # a wrong declaration is common; the guess decides
    guess = _western(content) or _guessed(content)
    if guess is None:
        raise DocumentError(f"{name} is text of an encoding that cannot be told. Save it as UTF-8.")
    note = f"it is not UTF-8 and was read as {'windows-1252' if guess == 'cp1252' else guess}"
    return content.decode(guess, "replace"), (note,)


def _western(content: bytes) -> str | None:
    """windows-1252, when the text reads as a language of Western Europe in it; the guess is poor on short texts."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    letters = [character for character in text[:_SAMPLE] if character.isalpha()]
    accented = sum(character > "\x7f" for character in letters)
    return "cp1252" if letters and accented <= _MOST_ACCENTED * len(letters) else None


def _guessed(content: bytes) -> str | None:
    # Nearly all text says what it is, and needs no guess.
    from charset_normalizer import from_bytes

    best = from_bytes(content[:_SAMPLE]).best()
    return best.encoding if best else None

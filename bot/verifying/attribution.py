"""Names that a sentence gives to what the passages say of others: "Rome" where the passage's capital is Vienna.

It looks at what stands around a name, so that it also sees paraphrases, in which no word keeps its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.verifying.grounds import Evidence
    from bot.verifying.reading import Sentence

__all__ = ["misattributed"]

# Words to either side of a name in the sentence that say what is told of it; so many of them at least must be known.
AROUND = 5
ENOUGH = 2
# Share of them that must stand around another name of the passages, and none around this one.
SHARED = 0.6
# Names of a sentence, and of the passages, that are looked at.
MAX_NAMES = 30
MAX_KNOWN = 1500


def misattributed(sentence: Sentence, stems: Sequence[str], evidence: Evidence) -> list[tuple[str, str]]:
    """Names around which the passages have nothing of what the sentence says, but have it around another.

    Returns:
        (the passage's name, the sentence's).
    """
    words = sentence.words
    names = [n for n, one in enumerate(stems) if one in evidence.names]
    own = {stems[n] for n in names}
    found = []
    for n in names[:MAX_NAMES]:
        said = {
            stems[k]
            for k in range(max(0, n - AROUND), min(len(words), n + AROUND + 1))
            if words[k].content and stems[k] not in evidence.names and evidence.known[stems[k]]
        }
        if len(said) < ENOUGH:
            continue
        most = 0
        instead = ""
        for name, text, window in evidence.named[:MAX_KNOWN]:
            shared = len(said & window)
            if not shared:
                continue
            if name == stems[n]:
                break
            if name not in own and shared > most:
                most, instead = shared, text
        else:
            if most >= SHARED * len(said):
                found.append((instead, words[n].text))
    return found

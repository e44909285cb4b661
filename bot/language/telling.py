"""Words by which people tell how far something holds: today, supposed, planned, wished for, gone by, of somebody else."""

from __future__ import annotations

__all__ = ["CORRECTION", "HEDGE", "OTHERS", "PAST", "PLANNED", "SUPPOSED", "TODAY", "WANTED", "WISH"]

SUPPOSED = (
    "what if", "if we", "if our", "if i", "if they", "if the", "if it", "if there", "if that", "if all", "if each", "if every", "suppose", "supposing", "imagine", "assuming", "assume", "hypothetically",
    "say we had", "say we have", "say we were", "say we get", "say we grow", "were we to", "had we", "what would happen", "once we have", "once we reach", "once we hit", "once we grow",
    "when we reach", "when we hit", "when we grow", "when we get to", "when we have grown",
)  # fmt: skip
"""What follows is only supposed, in the whole sentence."""

PLANNED = (
    "will", "we'll", "plan to", "plan on", "plan for", "plans to", "plans for", "planned to", "planning to", "planning for", "going to", "aim to", "aim for", "aiming for", "hope to", "hopes to", "want to have",
    "want to get", "want to reach", "want to grow", "wants to have", "target of", "next year", "next quarter", "next month", "by next", "by the end of", "in two years", "in three years", "in five years",
    "eventually", "over the next", "over the coming", "expect to", "expects to", "expected to", "expecting to", "in the pipeline", "roadmap", "from next",
)  # fmt: skip
"""A number here is one of a time to come."""

PAST = (
    "used to", "last year", "last quarter", "last month", "years ago", "months ago", "previously", "formerly", "back then", "at first", "in the beginning", "originally", "initially", "at the start", "once had", "no longer",
)  # fmt: skip
"""A number here is one of a time gone by."""

OTHERS = (
    "competitor", "competitors", "rival", "rivals", "other companies", "other firms", "other organisations", "other banks", "our vendor", "our vendors", "our supplier", "our suppliers", "our client", "our partner", "our partners", "our parent", "our investor", "our investors", "our clients have", "our client has", "our customers have", "our customer has", "a friend",
    "my friend", "former employer", "previous employer", "previous company", "previous job", "last employer", "last company", "last job", "the article", "the author", "according to",
)  # fmt: skip
"""Said of somebody else."""

WISH = (
    "want", "wants", "wanted", "would like", "we'd like", "i'd like", "should", "consider", "considers", "considered", "considering", "thinking of", "thinking about", "move to", "moving to", "move towards", "moving towards",
    "switch to", "switching to", "go for", "go to", "go with", "going for", "going with", "adopt", "adopting", "wonder", "wondering", "propose", "proposes", "proposed", "suggest", "suggests", "suggested", "ask for", "asks for",
    "asking for", "introduce", "introducing", "instead", "prefer", "prefers", "dream", "dreams", "plan", "plans", "planning", "become", "becoming", "better off", "need a", "needs a", "whether",
)  # fmt: skip
"""What is wished for or weighed up, not what is there."""

WANTED = ("want", "wants", "would like", "i'd like", "we'd like", "wish", "prefer", "need", "needs")
"""A number behind one of these is wished for."""

TODAY = (
    "we are", "we're", "we have", "we've", "we run", "we use", "we work", "we sit", "we operate", "we went", "we started", "i run", "i lead", "i head", "our", "today", "currently", "right now", "at the moment", "now",
    "existing", "present", "so far", "already", "is", "are", "sit", "sits", "has", "have",
)  # fmt: skip
"""What is there today."""

HEDGE = (
    "maybe", "perhaps", "probably", "possibly", "i think", "i guess", "i believe", "not sure", "might", "roughly", "sort of", "kind of", "more or less",
)  # fmt: skip

CORRECTION = (
    "typo", "oops", "my bad", "my mistake", "i was wrong", "i got it wrong", "i misread", "i miscounted", "turns out", "it turns out", "i checked", "i asked around", "strike that", "forget that", "let me correct", "to correct", "to be exact", "corrected", "got that wrong", "misspoke",
    "actually", "correction", "sorry", "i meant", "i mean", "rather", "make that", "wait", "i misspoke", "scrap that", "scratch that", "no, it's", "no, it is", "no, we",
)  # fmt: skip

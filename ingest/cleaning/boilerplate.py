"""Lines that belong to a page and not to what it says: share bars, comment boxes, captions of credit, filler text.

Whole lines are left out, never a part of one, and only such as say nothing but that. General English of web pages;
nothing here knows a site or an author.
"""

from __future__ import annotations

import re

__all__ = ["without_boilerplate"]

_PERSON = r"(?:me|us|him|her|them)"
# Buttons and counters. As a bullet or under a heading's mark, the same words may be what a text is about.
_BUTTON = re.compile(
    r"(?:"
    r"(?:share|tweet|pin|e-?mail|print|copy link|facebook|twitter|linkedin|whatsapp|reddit|pinterest|telegram)"
    r"(?:\s+(?:(?:this|it|on|via|to|by|the|article|post|page|story|facebook|twitter|x|linkedin|whatsapp|reddit|e-?mail)\b"
    r"|[|/·•,]))*"
    r"|(?:\d+[.,]?\d*k?\s+)?(?:likes?|claps?|shares?|comments?|views?|responses?|reactions?|follow(?:ers?|ing)?|subscribers?)"
    r"(?:\s+\d+[.,]?\d*k?)?"
    r"|(?:clap|subscribe|listen|save|bookmark|sign in|sign up|log in|get started|get the app|open in app|menu|search"
    r"|skip to (?:main )?content|home|back to top|advertisement|sponsored|loading|close|next|previous"
    r"|read more|see more|show more|load more|learn more|continue reading|view all|more from (?:the )?author)"
    r"|\[?(?:part|page|slide|tweet|post)\s+\d+(?:\s*(?:/|of)\s*\d+)?\]?|\d+\s*/\s*\d+"
    r"|[-–—_*=~.·•\s]{2,}"
    r")[\s.!…→»>]*",
    re.IGNORECASE,
)
# A line is left out when one of these is all of it, but for closing punctuation.
_WHOLE = re.compile(
    r"(?:"
    r"lorem ipsum\b.*"
    # Comment boxes and forms.
    r"|(?:leave|post|write|add) a (?:comment|reply|response)|(?:cancel reply|responses? from readers|reader comments)"
    r"|(?:your e-?mail address will not be published|required fields are marked).*"
    # Cookies, newsletters and rights.
    r"|(?:we|this (?:web)?site) uses? cookies\b.*|(?:accept|reject|manage)(?: all)? cookies(?: settings)?"
    r"|(?:subscribe|sign up|join)\b.{0,40}\b(?:newsletter|mailing list|inbox)\b.{0,60}"
    r"|(?:(?:copyright )?(?:©|\(c\))|copyright (?=\d{4}))\s*.{0,80}|all rights reserved"
    r"|(?:the )?(?:media|images?|pictures?) (?:shown|used) in this (?:article|post|blog)\b.{0,160}"
    # Calls to like, read on and get in touch.
    r"|(?:if you (?:like|liked|enjoy|enjoyed|found|have(?:n['’]t| not) read)\b).{0,60}\b(?:article|post|blog|story)\b.{0,160}"
    r"|i hope (?:that )?(?:you|this)\b.{0,40}\b(?:enjoy|enjoyed|like|liked|found|helped|helpful|useful)\b.{0,160}"
    r"|(?:please )?(?:feel free to )?(?:contact|reach out to|get in touch with|connect with|e-?mail|follow) "
    + _PERSON
    + r"\b.{0,100}"
    r"|please feel free to (?:contact|reach|connect)\b.{0,120}"
    r"|(?:read|see|find|check out|visit) (?:more|my other|our other|other|related)\b.{0,40}\b(?:articles?|posts?|stories|blogs?)\b.{0,80}"
    r"|(?:please )?(?:let (?:me|us) know|tell (?:me|us)|share your (?:thoughts|experience)s?)\b.{0,60}\bcomments?\b.{0,40}"
    r"|(?:related|recommended|popular|recent|more|trending) (?:articles?|posts?|stories|reading)"
    # What a picture is of is said by the heading above it; who drew it is not what the text says.
    r"|(?:image|photo|picture|figure|illustration|diagram|cover)s? (?:generated|created|made|drawn|taken|provided|by|from|source|credit|courtesy)\b.{0,120}"
    r"|.{0,120}\((?:image|photo|picture|figure|illustration|diagram|screenshot|source)\b[^()]*\b(?:by|from|courtesy|author)\b[^()]*\)"
    # Nothing but hashtags, or an address that a page hid from robots.
    r"|(?:#[\w-]+[\s,]*){2,}"
    r"|\[e-?mail\W{1,3}protected\].*"
    r")[\s.!…:→»>]*",
    re.IGNORECASE,
)
# Teasers of other texts, cut off in mid-sentence.
_TEASER = re.compile(r".{80,}(?:\[(?:…|\.\.\.)\]|(?:…|\.\.\.)\s*(?:read more|continue reading)?)\s*", re.IGNORECASE)
_LEADING_MARK = re.compile(r"^\s*(?:[-*•●▪◦‣∙·>#]+\s+|\d{1,2}[.)]\s+)?")
# Signs that decorate the beginning of a line in posts.
_DECORATION = re.compile(r"^[^\w\s\[({\"'“‘#|<>`*_+~$€£©@&%=/\\.,;:!?…–—-]+\s*")
# A line this short, below "here is the link:", is a link.
_LINK_WORDS = 6
# Longer lines are prose, whatever they begin with.
_LONGEST = 260


def without_boilerplate(text: str) -> tuple[str, int]:
    """A text without the lines that belong to its page.

    Args:
        text: Markdown or plain text with `\\n` line ends.

    Returns:
        The text, and how many lines were left out.
    """
    kept: list[str] = []
    dropped = 0
    fenced = links_follow = False
    for line in text.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        unmarked = _LEADING_MARK.sub("", line, count=1)
        bare = _DECORATION.sub("", unmarked.strip())
        if not bare or fenced or line.lstrip().startswith("|"):
            kept.append(line)
            continue
        if links_follow and len(bare.split()) <= _LINK_WORDS and not bare.endswith((".", "?", "!")):
            dropped += 1
            continue
        links_follow = False
        if _is_boilerplate(bare, marked=unmarked != line.lstrip()):
            links_follow = bare.endswith(":")
            dropped += 1
        else:
            kept.append(line)
    return "\n".join(kept), dropped


def _is_boilerplate(bare: str, *, marked: bool) -> bool:
    if len(bare) > _LONGEST:
        return bool(_TEASER.fullmatch(bare)) or bare.lower().startswith("lorem ipsum")
    if not marked and _BUTTON.fullmatch(bare):
        # A rule of Markdown's is left to its parser.
        return not (len(bare) >= 3 and set(bare) <= set("-_*=~"))
    return bool(_WHOLE.fullmatch(bare) or _TEASER.fullmatch(bare))

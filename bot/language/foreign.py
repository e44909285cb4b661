"""Sentences in another language than English, told by their function words; which language it is nobody asks."""

from __future__ import annotations

import re

from ingest.lexicon import STOPWORDS

__all__ = ["is_foreign"]

# Articles, pronouns, prepositions, conjunctions and auxiliaries of German, French, Spanish, Italian, Portuguese and
# Dutch; words that are English as well are left out below.
_TEXT = """
    aber adesso agora ahora ai alle alles altijd as au auf aus aux avec avez bei ben bent bij bist bitte ce ces
    cette che chi com come con cuál cuándo cómo da danach dann dans das dass dat davor de dei dein deine deinem
    deinen deiner del della delle dem den der des deze di dich die dir dit do donde dont dos dove du dónde e ed
    een ein eine einem einen einer eines el ela elas ele eles ella elle elles em en entre er eres es est esta
    este esto estos está están et eu euch für geen gli haar habe haben hast het hij hoe ich ihr ihre ik il ils
    immer io ist isto je jetzt jij jouw jullie kein keine la las le lei les leur lo loro los lui ma maar
    maintenant mais mas mein meine mes met meu mia mich miei mijn minha mio mir mis mit mon na naar nach nas ne
    nel nella nicht niet no noi non nos nosotros notre nous nu nuestro nur não nós o oder onde onder ons ont
    onze os ou over où par para pas perché pero plus por pour quando que quem questa questo qui quién quoi qué
    sa sans sei seid sem sempre ser ses seu siamo sie siempre sin sind sobre son sono sont soy su sua sue suis
    suo suoi sur sus são ta tes teu toda todas todo todos ton toujours tous tout toute toutes tra tu tua tudo
    tue tuo tuoi tus tutti tutto tú uit um uma umas un unas und une uno unos uns unser ustedes van você vocês
    voi von voor vor votre vous waar waarom wann war warum welche welcher welches welke wenn wer werden wie wij
    wir wird wo y yo zij zijn zu zuerst zum zur è él êtes être über
"""
# Written alike in English, as a word, a name or an abbreviation.
_ALIKE = """
    ai also as ben bent bin come con da das de dem den des di die do dos dove du e el em en es est hat hoe la le
    lei les lo ma man mit na no nos o os ou over par pas per plus sa san see sei ser sin son sur ton tu un war
    wie will wo y zoo
"""
_FUNCTION_WORDS = frozenset(_TEXT.split())
_TELLING = _FUNCTION_WORDS - STOPWORDS - frozenset(_ALIKE.split())
_WORDS = re.compile(r"[^\W\d_]+")
# So many words of another language make a sentence foreign; and they must outnumber the English ones.
MIN_FOREIGN = 2


def is_foreign(sentence: str) -> bool:
    """Whether a sentence is in another language than English, as far as its function words tell."""
    words = [word.lower() for word in _WORDS.findall(sentence)]
    foreign = sum(word in _FUNCTION_WORDS for word in words)
    english = sum(word in STOPWORDS for word in words)
    return any(word in _TELLING for word in words) and foreign >= MIN_FOREIGN and foreign > english

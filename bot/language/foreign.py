"""Sentences in another language than English, told by their function words; which language it is nobody asks."""

from __future__ import annotations

import re

from ingest.lexicon import STOPWORDS

__all__ = ["is_foreign"]

# Articles, pronouns, prepositions, conjunctions and auxiliaries of German, French, Spanish, Italian, Portuguese and
# Dutch; words that are English as well are left out below.
_FUNCTION_WORDS = frozenset(
    """der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine ich du er sie es wir ihr mich dich
    mir dir uns euch mein meine dein deine deinen deinem deiner ihre unser alle jetzt bitte mit von zu zum zur auf aus bei nach
    vor für über ist sind war bist seid hast habe haben wird werden wie wer wo wann warum welche welcher welches wenn dass zuerst
    dann davor danach immer nur sag gib zeig vergiss
    le la les un une des du au aux et ou mais ne pas plus je tu il elle nous vous ils elles mon ma mes ton ta tes son sa ses
    notre votre leur ce cette ces que qui quoi dont où dans sur avec pour par sans est sont suis êtes es as ai avez ont être
    maintenant toujours tout toute tous toutes
    el los las uno unas unos y pero yo tú él ella nosotros ustedes mis tus su sus nuestro esto esta este estos qué quién cómo
    cuál cuándo donde dónde por para con sin sobre entre eres está están soy ser ahora siempre todo toda todos todas olvida
    il lo gli uno ed ma non io lui lei noi voi loro mio mia tuo tua tuoi suo sua questo questa che chi come dove quando perché
    di da del della dei delle nel nella con su tra sono sei è siamo adesso sempre tutto tutti
    o os um uma uns umas e mas não eu ele ela nós você vocês eles elas meu minha teu tua seu sua isto esta este quem onde
    do dos das em no na nos nas com sem são está agora sempre tudo todos
    de het een en maar niet geen ik jij hij zij wij jullie mijn jouw zijn haar ons onze dit dat deze die wie waar hoe
    waarom welke met van voor naar bij uit over onder ben bent nu altijd alles alle""".split()
)
# Written alike in English, as a word, a name or an abbreviation.
_ENGLISH_TOO = STOPWORDS | frozenset(
    "die war mit hat bin man also will son sa ton ma es as ai os e o y pas plus du sur par le la les des dos das do no de en sei "
    "come dove lo da di den dem ben bent hoe over zoo wo wie lei tu per un per see san sin con el ser est ou nos na em".split()
)
_WORDS = re.compile(r"[^\W\d_]+")
# So many words of another language make a sentence foreign; and they must outnumber the English ones.
MIN_FOREIGN = 2


def is_foreign(sentence: str) -> bool:
    """Whether a sentence is in another language than English, as far as its function words tell."""
    words = [word.lower() for word in _WORDS.findall(sentence)]
    foreign = sum(word in _FUNCTION_WORDS for word in words)
    telling = {word for word in words if word in _FUNCTION_WORDS - _ENGLISH_TOO}
    english = sum(word in STOPWORDS for word in words)
    return bool(telling) and foreign >= MIN_FOREIGN and foreign > english

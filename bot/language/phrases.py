"""Plain English by which people ask for things: no subject, no option, no test question in it.

Phrases are matched as whole words in folded text (`ingest.lexicon.fold`), so American spelling, case and hyphens need no
entry of their own.
"""

from __future__ import annotations

from ingest.lexicon import STANCE_CUES

__all__ = [
    "ADVICE",
    "AUTHORSHIP",
    "BREAKS",
    "CALLED",
    "CHOICE",
    "COMPARE",
    "CONS",
    "CONTRAST",
    "DANGLING",
    "DEFINITION",
    "DENIALS",
    "DESCRIBE",
    "DIRECTIVE",
    "DONT_KNOW",
    "FIT",
    "FOLLOW_UP",
    "GO_BACK",
    "LINKS",
    "MEANING",
    "MENDING",
    "NO_DENIAL",
    "OVERVIEW",
    "PERSONAL",
    "PRONOUNS",
    "PROS",
    "RECOMMEND",
    "RETURN",
    "SHORTHAND",
    "VERBS",
    "WHAT_CHANGES",
    "WHY_ASK",
    "WHY_NOT",
]

_CHOOSERS = ("you", "we", "one", "anyone", "anybody", "somebody", "someone", "people", "a company", "an organisation", "a firm", "companies", "organisations", "firms")  # fmt: skip
_CHOOSING = (
    "choose", "pick", "organise", "put", "set up", "combine", "split", "go", "want", "adopt", "use", "have", "do", "arrange",
    "build", "let", "run", "opt", "prefer", "keep", "bring", "pool", "give", "bother", "mix", "concentrate",
)  # fmt: skip

PROS = (
    *(f"why {ask} {who} {choose}" for ask in ("would", "do", "should") for who in _CHOOSERS for choose in _CHOOSING),
    *(f"why {choose}" for choose in _CHOOSING if choose not in ("have", "do", "want")),
    *STANCE_CUES["pro"],
    "pluses", "good about", "good at", "great about", "good thing", "good things", "good sides", "positive", "positives", "merits", "merit", "appeal",
    "attractive", "why should we", "speaks for", "arguments for", "argument for", "case for", "in favour of", "reasons for",
    "what do we get", "what do you get", "worth", "win", "wins",
    "in it for us", "in it for me", "in it for them", "why would anyone", "trade-off", "trade-offs", "tradeoff", "tradeoffs", "good and bad", "speaks in favour", "speak for", "said for", "be gained", "gained", "payoff", "good idea", "attraction", "gives us", "does it bring", "bring us", "brings us", "buy us", "buys us", "plus side", "plus sides", "good side", "sell me", "bright side", "makes it good", "what makes it attractive", "anything good", "what is good", "what's good",
    "strong points", "selling points", "upside of", "do well", "does well", "better at",
)  # fmt: skip

CONS = (
    *STANCE_CUES["con"],
    "lose", "give up", "sacrifice", "why not", "speaks against", "weak spot", "weak spots", "weak point", "weak points", "flop", "flops", "backfire", "backfires", "minuses", "bad about", "bad thing", "bad things", "bad sides", "negative", "negatives", "go wrong", "goes wrong", "gone wrong", "went wrong",
    "going wrong", "watch out", "watch out for", "be careful", "careful about", "beware", "worry about", "worries", "worried about", "trouble",
    "troubles", "difficult", "difficulty", "difficulties", "hard about", "hard to", "harder", "costly", "cost us", "cost you", "costs us", "headache",
    "headaches", "pain", "pains", "danger", "dangers", "obstacle", "obstacles", "struggle", "struggles", "suffer", "suffers", "complaints",
    "against", "arguments against", "argument against", "case against", "reasons not to", "criticism", "criticisms", "catch", "disadvantage of",
    "ammunition against", "ammunition", "ammo", "trade-off", "trade-offs", "tradeoff", "tradeoffs", "good and bad", "sacrificed", "price do we pay", "price we pay", "price to pay", "price of", "what price", "hurt", "hurts", "hurting", "speak against", "said against", "bad idea",
    "dark side", "flip side", "sore point", "sore points", "sore spot", "complain", "complains", "complain about", "grumble", "grumbles", "objection", "objections", "object to", "red flag", "red flags", "red flags with", "bite us", "bites us", "break down", "breaks down", "fall short", "falls short", "what suffers", "minus", "minus points", "the catch", "miss out", "missing out", "tricky", "thorny", "hate", "hates", "sceptical", "scepticism", "doubts about", "down sides", "down side",
    "issue", "trap", "traps", "warning", "warnings", "wrong with",
)  # fmt: skip

COMPARE = (
    "compare", "compared", "compares", "comparing", "comparison", "vs", "v", "difference", "differences", "differ", "differs", "different",
    "distinguish", "distinction", "contrast", "better than", "worse than", "which is better", "which one is better", "against", "same", "identical",
    "alike", "similar", "similarities", "side by side", "who says what", "which of", "or", "both",
)  # fmt: skip

CONTRAST = (
    "compare",
    "compared",
    "compares",
    "vs",
    "difference between",
    "differ from",
    "different from",
    "relate to",
    "relates to",
    "better than",
    "worse than",
)
"""Setting one thing against another by name: both have to be known."""

_WHEN = (
    "phase",
    "stage",
    "point",
    "moment",
    "time",
    "circumstances",
    "conditions",
    "situation",
    "situations",
    "case",
    "cases",
)
_WHOM = (
    "organisation",
    "organisations",
    "company",
    "companies",
    "firm",
    "firms",
    "business",
    "businesses",
    "enterprise",
    "enterprises",
)

FIT = (
    *(f"{at} {which} {when}" for at in ("in", "at", "under", "during", "from", "until") for which in ("what", "which") for when in _WHEN),
    *(f"{kind} of {whom}" for kind in ("what kind", "which kind", "what sort", "which sort", "what type", "which type") for whom in _WHOM),
    "what moment", "which moment", "what situation", "which situation", "what circumstances", "which circumstances",
    "when does", "when do", "when is", "when are", "when should", "when would", "when to", "at what point", "at what stage", "make sense", "makes sense", "right for", "right call",
    "right choice", "suited", "suitable", "suit", "suits", "appropriate", "fit for", "fits", "fit best", "for what kind", "for which kind", "what kind of organisation", "what kind of company",
    "what sort of organisation", "what sort of company", "for whom", "who is it for", "who's it for", "who is that for", "who's that for", "who is this for", "who are they for", "who uses", "who practises", "which companies", "which organisations", "typical for", "typically found",
    "under what circumstances", "under which circumstances", "in which situation", "in what situation", "ideal for", "meant for", "advise for", "advised for", "recommended for", "recommend for",
)  # fmt: skip

DESCRIBE = (
    "what is", "what's", "what are", "what does", "what do", "tell me about", "tell us about", "tell me more", "explain", "describe", "define", "definition", "meaning", "overview", "summarise",
    "summary", "how does", "how do", "introduce", "walk me through", "what about", "how about", "about",
)  # fmt: skip

RECOMMEND = (
    "recommend", "recommendation", "which model should", "which model would", "which model fits", "which model suits", "which model next", "which operating model",
    "which structure", "which team structure", "what structure", "what team structure", "what operating model", "which one should", "which one would", "which one fits", "which one suits", "which one is best",
    "which is best", "which model is best", "best for us", "fits us", "fit us", "suits us", "suit us", "right for us", "how should we organise", "how should i organise", "how do we organise", "how can we organise",
    "how should we structure", "what do you advise", "what would you advise", "advise us", "advise me", "help us choose", "help me choose", "which type suits", "which type are we",
    "best operating model", "best model for", "best structure", "best set-up", "best setup", "best way to organise", "ideal structure", "ideal model", "best for a", "best for an",
    "which should we", "which should i", "which would you pick", "what would you pick", "which one should we", "which category fits", "which kind suits", "would you take", "would you choose", "would you pick", "would you go for", "would you go with", "would you opt for", "would you recommend", "would you advise", "would you suggest", "would you prefer", "would you organise", "would you structure", "would you set",
    "do you recommend", "do you advise", "do you suggest", "do you reckon", "do u reckon", "you reckon", "your advice", "your recommendation", "your verdict", "your pick", "do we go for", "do we go with", "do we pick", "do we choose", "do we take", "should we pick", "should we choose", "should we take", "should we go for", "should we go with", "should we adopt", "should we set", "shall we choose", "shall we pick", "shall we take", "shall we go for",
    "to organise our", "to organise my", "to structure our", "to set up our", "ought we", "should own it", "where do we fall", "where do we belong", "where would we fall", "our type", "type are we", "kind are we", "category are we", "type is that", "one is that", "are we a", "what are we",
    "reorganise", "restructure", "what should we move to", "what should we do", "what should we adopt",
)  # fmt: skip
"""Asking for a choice, whatever else is said."""

ADVICE = (
    "should we", "should i", "should our", "what should", "advice", "what now", "what next", "where should we", "are we",
    "would you", "which of the types", "which category", "which type", "which kind",
)  # fmt: skip
"""Asking for a choice where the message also describes who asks."""

CHOICE = (
    *RECOMMEND, *ADVICE, "should", "organise", "organised", "organisation", "structure", "structured", "set up", "set-up", "setup", "arrange", "shape", "what model", "which model", "right model", "operating model", "style", "label", "approach", "which way", "what way",
    "where do we", "where to put", "put our", "suggest", "suggestion", "suggestions", "thoughts", "view", "opinion", "agree", "is he right", "is she right", "are they right", "am i right", "right or wrong", "good idea",
    "bad idea", "stupid", "sensible", "wise", "what to do", "would you do", "do you think", "what do we need", "what do i need", "do we need", "do i need", "what kind of", "what type of", "what sort of", "what level", "which level",
    "do we go", "shall we", "shall i", "go for", "any advice", "any ideas", "any thoughts", "advice", "ideas", "who should", "who ought", "who would you", "spread", "reckon", "verdict", "makes more sense", "time to change", "time to switch", "to what", "best way", "right way", "good fit", "what's our", "what is our", "which is ours", "which are we", "what are we", "where are we", "what would work", "what works",
    "which fits", "what fits", "fits best", "suits best", "works best", "recommend", "which one", "should move", "which scale", "what scale", "next step", "how do we go on", "how do i go on", "where do we belong", "how to proceed", "proceed", "what fits", "fitting", "alternative", "makes sense", "make sense", "could somebody", "is that a thing", "is this a thing", "would that work", "would this work", "does that work", "does this work", "do you advise", "better off", "plan for", "is it time",
)  # fmt: skip
"""Asking, by somebody who has described an organisation, what would be best for it."""

PERSONAL = (
    "we", "we're", "we've", "we'd", "we'll", "our", "ours", "us", "i", "i'm", "i've", "i'd", "my", "mine", "here",
)  # fmt: skip

AUTHORSHIP = (
    "who is", "who's", "who was", "who are", "who wrote", "whose article", "whose post", "author", "authors", "writer", "wrote", "written", "published", "publish", "publisher", "appeared", "appear", "come out", "came out", "employs", "employer",
    "day job", "for a living", "works for", "work for", "bio", "biography", "background",
)  # fmt: skip
"""Asking about whoever wrote a text, or where and when."""

CALLED = (
    "is called", "it called", "that called", "this called", "you call", "we call", "one call", "name of", "name for", "the term for",
    "known as", "which model is", "which structure is", "which set-up is", "which approach is", "what kind of model is",
)  # fmt: skip
"""Asking for the name of what the question describes."""

DEFINITION = (
    "what is it",
    "what it is",
    "what's it",
    "what they are",
    "what are they",
    "explain",
    "describe",
    "define",
    "definition",
    "understand",
    "tell me about",
    "introduce",
)
"""Asking what something is, beside whatever else is asked of it."""

MEANING = (
    "mean",
    "means",
    "meant",
    "meaning",
    "meanings",
    "same",
    "same thing",
    "sense",
    "differ",
    "different",
    "difference",
    "definition",
    "define",
)

FOLLOW_UP = (
    "and", "but", "so", "also", "what about", "how about", "ok", "okay", "why", "then", "hmm", "or", "sorry", "no", "actually", "wait", "i meant", "i mean", "rather", "instead", "same for", "scratch that", "scrap that", "correction", "make that", "oops", "typo", "my bad", "back to", "going back to", "let's go back to", "coming back to", "return to", "let's return to", "returning to",
)  # fmt: skip
"""Openings of a message that goes on from the one before."""

MENDING = (
    "i meant", "i mean", "scratch that", "scrap that", "correction", "make that", "forget that", "forget it", "oops", "typo", "my bad", "i misspoke", "sorry", "wait", "wrong one", "not that one", "rather", "instead",
)  # fmt: skip
"""Taking back what was said: about nothing by itself."""

RETURN = (
    "back to", "go back to", "going back to", "coming back to", "come back to", "return to", "returning to", "let's return", "let's go back", "as before", "we discussed", "we discussed before", "discussed before", "discussed earlier", "we talked about", "talked about before",
    "talked about earlier", "we had before", "you said before", "we said before", "mentioned before", "mentioned earlier", "from before", "from earlier", "the previous one", "the earlier one", "the one before",
)  # fmt: skip
"""Going back to what was talked about before the last question."""

PRONOUNS = (
    "it", "its", "they", "them", "their", "that", "those", "these", "this", "this one", "that one", "the first", "the second", "the third", "the other", "the other one", "the former",
    "the latter", "the two", "there", "both", "each", "one of them", "either",
)  # fmt: skip

OVERVIEW = (
    "are you a bot", "are you an ai", "are you a robot", "are you human", "are you a human", "are you chatgpt", "your sources", "which sources do you use", "what sources do you use",
    "which documents do you use", "what documents do you use", "which sources do you have", "what sources do you have", "which documents do you have", "what can you do", "what can i ask", "what can you tell me", "what do you know", "help", "how do you work", "who are you", "what are you", "what is this", "what is groundrule",
)  # fmt: skip

DIRECTIVE = (
    "ignore all", "ignore your", "ignore previous", "ignore everything", "ignore the above", "disregard all", "disregard your", "disregard the above", "disregard previous", "disregard any", "disregard", "forget your", "forget all previous", "forget everything",
    "system override", "override your", "debug mode", "developer mode", "dan mode", "do anything now", "god mode", "unrestricted mode",
    "jailbreak", "system prompt", "your prompt", "your system message", "your hidden", "your instructions", "your rules", "your guidelines", "your initial", "your configuration", "previous instructions", "new instructions", "these instructions", "every reply must", "every answer must", "all answers must",
    "every sentence with", "each sentence with", "every reply with", "every answer with", "each answer with", "you must answer", "you must say", "you must always", "you must not", "you must never", "you must recommend", "you must reply", "you will only",
    "you will now", "you will answer", "you are now", "you're now", "you are no longer", "role-play", "roleplay", "imagine you are", "imagine that you are", "take the role", "play the role", "play the part", "always answer", "always say", "always return",
    "always reply", "always recommend", "reply only", "answer only", "respond only", "output only", "reply with", "respond with", "only reply", "only answer", "only respond", "repeat after me", "repeat the words", "repeat everything", "base64", "rot13", "hex-encoded", "decode this", "decode the", "without citations", "without citing",
    "i am your developer", "i'm your developer", "i am your creator", "i am the admin", "i am an admin", "i authorise you", "you are authorised", "your training data", "your own opinion", "from your own knowledge",
)  # fmt: skip
"""Telling the bot how to behave instead of asking it something: words to be read, never to be obeyed."""

WHY_NOT = (
    "why not", "why isn't", "why is not", "why shouldn't we", "why should we not", "why wouldn't", "what about", "how about", "wouldn't", "isn't", "what speaks against",
    "what is wrong with", "what's wrong with", "instead of", "rather than", "and if we chose", "why did you rule out", "why rule out", "is ruled out", "not right for us", "not for us", "too early for", "be silly", "be crazy", "be wrong", "be stupid", "be better", "be a mistake", "make you say", "make you choose", "make you pick", "make you recommend", "would a", "would the",
    "could we go", "should we go", "rule in",
)  # fmt: skip
"""Asking, after a recommendation, why another option was not the one."""

WHAT_CHANGES = (
    "what would change", "what could change", "what would make", "what would flip", "flip it", "flip this", "what must change", "what has to change", "what needs to change", "would it take", "does that change", "does this change", "would that change", "change anything", "what would have to change", "change your mind", "change your answer", "change that", "change this", "tip the balance", "tipping point",
    "tipping points", "when would you switch", "when should we switch", "how sure", "how certain", "how confident", "are you sure", "what else do you need", "what do you need to know", "what else should i tell you",
)  # fmt: skip
"""Asking, after a recommendation, what it hangs on."""

DONT_KNOW = (
    "not sure", "no idea", "no clue", "unsure", "don't know", "do not know", "dont know", "can't say", "cannot say", "can't tell", "hard to say", "skip", "skip that", "skip it", "pass", "next question", "another question",
    "not really sure", "dunno", "idk", "dk", "n/a", "depends", "it depends", "whatever", "just tell me", "you tell me", "don't care", "don't really know", "do not really know", "no preference", "varies", "unknown", "unclear", "neither", "none of them", "none of these", "not decided", "undecided", "we'll see", "does not matter", "doesn't matter", "no answer",
)  # fmt: skip
"""A reply to a question by whoever cannot answer it."""

DENIALS = (
    "not", "no", "never", "without", "nobody", "nothing", "none", "neither", "nor", "hardly", "barely", "cannot", "lack", "lacks", "lacking", "isn't", "aren't", "wasn't", "weren't", "don't", "doesn't", "didn't", "haven't", "hasn't", "hadn't", "won't", "wouldn't", "can't", "couldn't", "shouldn't", "needn't", "dont", "doesnt", "isnt", "arent", "havent", "cant", "wont", "zero",
)  # fmt: skip
"""Words that deny what follows them."""

NO_DENIAL = ("only", "just", "merely", "necessarily", "more", "longer", "even", "fewer", "less",)  # fmt: skip
"""Behind a denial these deny nothing about what follows: "not only", "no more"."""

BREAKS = ("and", "or", "but", "in", "for", "with", "on", "per", "a", "an", "by", "from", "within", "across", "that", "who", "which", "where", "when", "whose", "of",)  # fmt: skip
"""Words at which something else begins."""

VERBS = (
    "is", "are", "was", "were", "do", "does", "did", "should", "will", "would", "can", "could", "must", "may", "might", "get", "gets", "got", "have", "has", "had", "need", "needs", "want", "wants", "use", "uses", "build",
    "builds", "run", "runs", "share", "shares", "own", "owns", "make", "makes", "maintain", "maintains", "serve", "serves", "keep", "keeps", "ask", "asks",
)  # fmt: skip
"""Behind one of these nothing is counted any more that was counted before it: "three apps should get features"."""

DANGLING = ("a", "an", "the", "of", "to", "and", "or", "is", "are", "was", "were", "what", "that", "which", "who", "our", "my", "their", "its", "with", "for", "in", "on", "at", "by", "as",)  # fmt: skip
"""Words at which a quoted piece of a message ends badly."""

LINKS = ("of", "is", "are", "was", "about", "around", "approximately", "roughly", "over", "some", "nearly", "almost", "now", "currently", "at", "count", "number", "total", "say", "to", "the", "in", "only", "just", "exactly", "grew", "grown", "rose", "risen", "reached", "reach", "has", "have", "had", "stands", "stand", "went", "gone", "up",)  # fmt: skip
"""Words between what is counted and its number: "headcount is about 400"."""

WHY_ASK = (
    "why do you ask", "why do you need", "why are you asking", "why is that important", "why does that matter", "why does it matter", "what do you mean", "what does that mean", "what is meant", "i don't understand", "do not understand",
    "don't get it", "don't get the question", "explain the question", "can you explain", "what's the difference between those", "meaning",
)  # fmt: skip
"""Asking what a question of ours is about."""

GO_BACK = (
    "go back", "going back", "stay as we are", "stay as is", "keep what we have", "stay where we are", "what we have", "keep it as it is", "leave it as it is", "stick with what", "stay the way", "leave things",
)  # fmt: skip
"""Speaking of what there is today as one of the choices."""

SHORTHAND = {
    "w/": "with", "w/o": "without", "b/c": "because", "bc": "because", "whats": "what's", "whos": "who's", "hows": "how's", "wheres": "where's", "wdym": "what do you mean",
    "pls": "please", "plz": "please", "thru": "through", "abt": "about", "btwn": "between", "diff": "difference", "adv": "advantages", "disadv": "disadvantages",
    "eng": "engineer", "engs": "engineers", "dept": "department", "depts": "departments", "org": "organisation", "orgs": "organisations", "mgmt": "management",
}  # fmt: skip
"""What people shorten in any subject, and the whole of it."""

"""Puts the parts together from the settings; the only place that knows them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.assistant import Assistant
from bot.finding.lookup import Lookup
from bot.finding.retrieve import Retriever
from bot.llm.generate import language_model
from bot.llm.phrasing import Phrasing
from bot.llm.writer import Writer
from bot.messages.understand import Reader
from bot.sessions.memory import MemoryConversations
from bot.sessions.safe import SafeConversations
from bot.sessions.session import limits_of
from bot.verifying.verify import Verifier
from ingest.embedding.choice import make_encoder
from ingest.embedding.cross_encoder import EntailmentScorer, PairScorer
from ingest.errors import DamagedIndexError
from ingest.index.generations import index_slot
from ingest.index.library import open_library
from ingest.naming import Namer
from ingest.pack import load_pack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.finding.fusion import Fusion
    from bot.service.renewal import Renewal
    from bot.service.service import Door, Service
    from bot.sessions.feedback_store import StoredFeedback
    from bot.sessions.session import Conversations
    from bot.storage.database import Database
    from bot.types import Answer
    from ingest.config import Settings
    from ingest.gather import Progress
    from ingest.index.library import Library
    from ingest.types import Encoder

__all__ = [
    "Running",
    "assistant_maker",
    "build_assistant",
    "build_service",
    "keep_conversations",
    "make_lookup",
    "make_verifier",
    "ready_library",
]


def make_lookup(
    library: Library, encoder: Encoder, settings: Settings, fusion: Fusion | None = None
) -> tuple[Reader, Lookup]:
    """What reads messages and looks facts up, as the assistant does it, over a library of one's own."""
    library.check_encoder(encoder)
    pack = load_pack(settings.corpus).fitted(library.works)
    reader = Reader(pack, library)
    retriever = Retriever(library, encoder, pack, fusion=fusion, relevance=_relevance(settings))
    return reader, Lookup(retriever, reader.wording)


def make_verifier(settings: Settings, synonyms: Sequence[Sequence[str]] = ()) -> Verifier:
    """What looks answers over, with the model that the settings name, if any; loaded at its first use."""
    return Verifier(synonyms, inference=EntailmentScorer(settings.nli_model) if settings.nli_model else None)


def _relevance(settings: Settings) -> PairScorer | None:
    return PairScorer(settings.reranker) if settings.reranker else None


def ready_library(
    settings: Settings, encoder: Encoder, say: Callable[[str], None] = lambda _: None, progress: Progress | None = None
) -> Library:
    """The index, built first when there is none, when it is damaged or when the pack has changed.

    Args:
        settings: Where the pack and the index are.
        encoder: Embeds what has to be built.
        say: Told in a sentence what is being done and why.
        progress: Told how far a build is.
    """
    slot = index_slot(settings)
    pack = load_pack(settings.corpus)
    try:
        library = open_library(slot)
        if library is not None and library.manifest.pack_sha256 == pack.sha256:
            return library
        if library is None:
            say("Building the index of the bundled documents; this happens once.")
        else:
            library.close()
            say("The pack, or how documents are read, has changed; building the index anew.")
    except DamagedIndexError as error:
        say(f"{error} It is set aside and built anew.")
    # Parsing and building are llama-index's, which only a build has to load.
    from ingest.pipeline import build_index

    report = build_index(settings, encoder, progress=progress)
    if report.set_aside:
        say(f"The damaged index is kept in {report.set_aside}.")
    library = open_library(slot)
    if library is None:
        raise DamagedIndexError(f"the index in {slot} vanished while it was built. Run the command again.")
    return library


def keep_conversations(
    settings: Settings, say: Callable[[str], None], database: Database | None = None
) -> Conversations:
    """The conversations that the settings name, carried on in memory while their place fails.

    Args:
        settings: Where they are and how much is kept.
        say: Told in a sentence when the place begins to fail.
        database: The database at that place, where other things share it.

    Raises:
        SettingError: `GROUNDRULE_DATABASE_URL` cannot be used.
    """
    # Whoever keeps no conversation need not load a database.
    from bot.sessions.conversations import stored_conversations

    return SafeConversations(stored_conversations(settings, say, database), limits_of(settings), say)


def build_assistant(
    settings: Settings,
    say: Callable[[str], None] = lambda _: None,
    progress: Progress | None = None,
    conversations: Conversations | None = None,
    encoder: Encoder | None = None,
) -> Assistant:
    """An assistant over the index that the settings name; see `ready_library`.

    Args:
        settings: Everything that can be set.
        say: Told in a sentence what is being done and why.
        progress: Told how far a build is.
        conversations: Where conversations are kept; in this process's memory when None.
        encoder: The settings' encoder, for who has made it already.
    """
    encoder = encoder or make_encoder(settings)
    library = ready_library(settings, encoder, say, progress)
    return assistant_maker(settings, encoder, conversations)(library)


def assistant_maker(
    settings: Settings, encoder: Encoder, conversations: Conversations | None = None
) -> Callable[[Library], Assistant]:
    """What makes an assistant over a library; those over several share their models and conversations.

    Args:
        settings: Everything that can be set.
        encoder: Embeds questions.
        conversations: Where conversations are kept; in this process's memory when None.
    """
    model = language_model(settings)
    relevance = _relevance(settings)
    kept = conversations or MemoryConversations(limits_of(settings))

    def make(library: Library) -> Assistant:
        # Read anew: an index that was built since may be of a pack that was changed since.
        pack = load_pack(settings.corpus).fitted(library.works)
        verifier = make_verifier(settings, pack.synonyms)
        return Assistant(
            library,
            pack,
            encoder,
            max_question_chars=settings.max_question_chars,
            model=model,
            phrasing=Phrasing(Writer(model, verifier, Namer(pack).option_ids)) if model else None,
            relevance=relevance,
            verifier=verifier,
            conversations=kept,
        )

    return make


@dataclass(frozen=True, slots=True)
class Running:
    """Everything that a server holds; `close` it.

    Attributes:
        service: What the doors call.
        renewal: Keeps it on the newest index.
        feedback: Where votes are kept.
        conversations: Where conversations are kept, carried on in memory while that fails.
        database: Where these, conversations and what Slack asks are kept.
    """

    service: Service
    renewal: Renewal
    feedback: StoredFeedback
    conversations: Conversations
    database: Database

    def close(self) -> None:
        """Lets go of files and connections."""
        self.renewal.close()
        self.conversations.close()
        self.database.close()
        self.service.assistant.library.close()


def build_service(
    settings: Settings,
    say: Callable[[str], None],
    progress: Progress | None = None,
    observe: Callable[[Answer, Door], None] = lambda _answer, _door: None,
    database: Database | None = None,
    encoder: Encoder | None = None,
) -> Running:
    """What a server offers, over the index and the database that the settings name.

    Args:
        settings: Everything that can be set.
        say: Told in a sentence what is being done and why.
        progress: Told how far a build is.
        observe: Told of each answer and the door it went out by.
        database: Where everything is kept, if it is open already; it is closed with the rest.
        encoder: The settings' encoder, for who has made it already.

    Raises:
        SettingError: `GROUNDRULE_DATABASE_URL` cannot be used.
    """
    from bot.service.renewal import Renewal
    from bot.service.service import Service
    from bot.service.settling import settle
    from bot.service.uploads import Uploads
    from bot.sessions.feedback_store import stored_feedback
    from bot.storage.database import open_database

    database = database or open_database(settings, say)
    conversations = keep_conversations(settings, say, database)
    feedback = stored_feedback(settings, say, database)
    encoder = encoder or make_encoder(settings)
    make = assistant_maker(settings, encoder, conversations)
    assistant = make(ready_library(settings, encoder, say, progress))
    assistant.warm_up()
    service = Service(assistant, feedback, observe)
    renewal = Renewal(index_slot(settings), service, make, say)
    service.uploads = Uploads(settings, encoder, lambda: service.assistant.library, renewal.refresh)
    settle()
    return Running(service, renewal, feedback, conversations, database)

"""`groundrule ask`: one question, or a file of conversations."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.console import counted, notice, print_json, progress_bars, settings_options

if TYPE_CHECKING:
    from bot.assistant import Assistant
    from bot.types import Answer
    from ingest.config import Settings

__all__ = ["ask"]


@click.command()
@click.argument("question", required=False)
@click.option("--session", metavar="ID", help="Go on with the conversation of that name, or begin it.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer for programs.")
@click.option("--quotes", is_flag=True, help="Print the cited passages in full.")
@click.option("--batch", type=click.Path(path_type=Path), help='Answer a file of {"id", "turns": [...]} lines.')
@click.option("--out", type=click.Path(path_type=Path), help="Where --batch writes its answers.")
@settings_options()
def ask(
    question: str | None,
    session: str | None,
    as_json: bool,
    quotes: bool,
    batch: Path | None,
    out: Path | None,
    settings: Settings,
) -> None:
    """Ask QUESTION and read the cited answer; "-" reads the question from standard input.

    With --session or --json the conversation is kept, so that another call can go on with it; else nothing is.
    """
    from bot.messages.incoming import check_question, check_session
    from bot.surfaces.commands.output import print_answer
    from ingest.errors import QuestionError, UsageError

    if batch is not None:
        if question is not None or session is not None or out is None:
            raise UsageError("--batch takes no QUESTION and no --session, and needs --out FILE.")
        conversations, bad = _read_batch(batch)
    elif out is not None:
        raise UsageError("--out goes with --batch.")
    elif question is None:
        raise UsageError('no question. Write it in quotes: groundrule ask "What are the pros of the factory model?"')
    else:
        if question == "-":
            try:
                question = sys.stdin.buffer.read(4 * settings.max_question_chars + 4).decode("utf-8")
            except UnicodeDecodeError as error:
                raise QuestionError(
                    f"the question is not valid UTF-8 (byte {error.start}). Send it as UTF-8 text."
                ) from error
        # Refused before the index is built or a model is loaded.
        check_question(question, settings.max_question_chars)
        if session is not None:
            check_session(session)
    from ingest.embedding.choice import make_encoder

    # Begun before what follows is imported: that takes as long as to load the model, nearly all of which is done
    # outside of the interpreter.
    encoder = make_encoder(settings)
    encoder.load_ahead()
    from bot.wiring import build_assistant, keep_conversations

    # Only who knows a conversation's identifier could go on with it, and only these print or take one.
    kept = keep_conversations(settings, notice) if batch is None and (as_json or session is not None) else None
    with progress_bars() as told:
        assistant = build_assistant(settings, notice, told, kept, encoder)
    if batch is not None and out is not None:
        sys.exit(_answer_batch(assistant, conversations, bad, out))
    try:
        answer = assistant.ask(str(question), session)
    finally:
        if kept is not None:
            kept.close()
    if as_json:
        print_json(answer.as_json())
    else:
        print_answer(answer, quotes=quotes)


def _read_batch(path: Path) -> tuple[list[tuple[int, Any, list[str]]], int]:
    """The conversations of a file (line number, id, turns), and how many lines were bad."""
    from ingest.errors import PathError

    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PathError(f"{path} cannot be read: {error.strerror}. Give a file of JSON lines.") from error
    conversations: list[tuple[int, Any, list[str]]] = []
    bad = 0
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line.decode("utf-8"))
            turns = fields["turns"]
            if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) for turn in turns):
                raise TypeError("`turns` must be a list of at least one text")
            conversations.append((number, fields["id"], turns))
        except (ValueError, KeyError, TypeError) as error:
            bad += 1
            reason = f"no {error}" if isinstance(error, KeyError) else error
            notice(f"{path}, line {number}: left out: {reason}.")
    return conversations, bad


def _answer_batch(assistant: Assistant, conversations: list[tuple[int, Any, list[str]]], bad: int, out: Path) -> int:
    """Answers all conversations in order; the file appears when it is complete."""
    from ingest.errors import QuestionError, StoreError

    draft = out.with_name(out.name + ".tmp")
    try:
        with draft.open("w", encoding="utf-8") as file, progress_bars() as told:
            for done, (number, id_, turns) in enumerate(conversations):
                told("answering", done, len(conversations))
                session = None
                answers: list[Answer] = []
                try:
                    for turn in turns:
                        answers.append(assistant.ask(turn, session))
                        session = answers[-1].session
                except QuestionError as error:
                    bad += 1
                    notice(f"line {number} (id {id_!r}): left out: {error}")
                    continue
                file.write(
                    json.dumps({"id": id_, "answers": [a.as_json() for a in answers]}, ensure_ascii=False) + "\n"
                )
            told("answering", len(conversations), len(conversations))
        draft.replace(out)
    except OSError as error:
        raise StoreError(f"{out} cannot be written: {error.strerror}. Choose another place.") from error
    read = counted(len(conversations), "conversation")
    notice(f"{read} read, {counted(bad, 'line')} left out; answers in {out}.")
    return 1 if bad else 0

"""The HTTP API over the real product: each route once as it is meant, and once as it is not."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi.testclient import TestClient

from bot.surfaces.guard.access import UNKNOWN, rule_for
from bot.surfaces.http.api import make_api
from bot.surfaces.http.metrics import Metrics
from bot.surfaces.problems import PROBLEM_TYPE
from bot.types import Answer
from ingest.errors import ConversationError
from tests.served import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.service.service import Service

QUESTION = "What are the pros of the factory model?"


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    with TestClient(make_api(service, Metrics()), raise_server_exceptions=False) as client:
        yield client


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_a_question_is_answered_as_the_assistant_does(client: TestClient, service: Service) -> None:
    given = client.post("/api/ask", json={"question": QUESTION}).json()
    expected = service.assistant.ask(QUESTION).as_json()
    for changing in ("session", "timings_ms"):
        del given[changing], expected[changing]
    assert given == expected
    assert given["schema"] == 1
    assert len(given["citations"]) == 4


def test_a_conversation_goes_on_is_read_and_is_deleted(client: TestClient) -> None:
    session = client.post("/api/ask", json={"question": QUESTION}).json()["session"]
    follow = client.post("/api/ask", json={"question": "And the cons?", "session": session}).json()
    assert follow["answer"].startswith("**Cons of Factory**")
    kept = client.get(f"/api/conversations/{session}").json()
    assert [one["answer"]["question"] for one in kept["exchanges"]] == [QUESTION, "And the cons?"]
    assert client.delete(f"/api/conversations/{session}").json() == {"schema": 1, "session": session, "deleted": True}
    for gone in (client.get(f"/api/conversations/{session}"), client.delete(f"/api/conversations/{session}")):
        assert gone.status_code == 404
        assert gone.headers["content-type"] == PROBLEM_TYPE
        assert gone.json()["code"] == "not-found"


def test_events_hold_the_answer_and_before_it_its_pieces(client: TestClient) -> None:
    got = client.post("/api/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"})
    assert got.headers["content-type"].startswith("text/event-stream")
    *pieces, (last, answer) = events(got.text)
    assert last == "answer"
    assert {name for name, _ in pieces} == {"sentence"}
    assert "\n\n".join(piece["text"] for _, piece in pieces) == answer["answer"]
    Answer.model_validate(answer)


def test_a_bad_question_has_a_status_of_its_own_even_as_events(client: TestClient) -> None:
    for accept in ("application/json", "text/event-stream"):
        got = client.post("/api/ask", json={"question": "  "}, headers={"Accept": accept})
        assert (got.status_code, got.json()["code"]) == (422, "bad-question")
        assert got.json()["detail"] == "the question is empty. Ask something in words."


def test_a_failure_in_the_middle_of_events_is_told_in_them(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Answer:
        raise ConversationError("the place is locked.")

    monkeypatch.setattr(service, "ask", fail)
    got = client.post("/api/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"})
    ((name, problem),) = events(got.text)
    assert (name, problem["code"], problem["detail"]) == ("problem", "no-answer", "the place is locked.")


def test_facts_lead_to_a_decision_and_a_conversation_knows_them(client: TestClient) -> None:
    facts = {"use-cases": "few", "stage": 12}
    bare = client.post("/api/recommend", json={"facts": facts}).json()
    assert bare["session"] == ""
    assert {fact["criterion"] for fact in bare["recommendation"]["facts"]} == set(facts)
    kept = client.post("/api/recommend", json={"facts": facts, "session": "told"}).json()
    assert kept["recommendation"] == bare["recommendation"]
    # Then a message adds to them.
    more = client.post("/api/ask", json={"question": "We must also meet strict regulation.", "session": "told"}).json()
    assert {fact["criterion"] for fact in more["recommendation"]["facts"]} > set(facts)
    assert client.get("/api/conversations/told").json()["exchanges"][0]["answer"]["question"] == kept["question"]


def test_null_makes_what_a_conversation_knows_unknown_again(client: TestClient) -> None:
    client.post("/api/recommend", json={"facts": {"use-cases": "few", "stage": 12}, "session": "null"})
    body = {"facts": {"stage": None, "use-cases": "many", "staff": 40}, "session": "null"}
    got = client.post("/api/recommend", json=body)
    assert got.status_code == 200
    facts = {fact["criterion"] for fact in got.json()["recommendation"]["facts"]}
    assert facts == {"use-cases", "staff"}
    assert got.json()["question"].startswith(
        "Correction: Use cases in production: fifty and more (was: fewer than ten)"
    )
    nothing = client.post(
        "/api/recommend", json={"facts": {"use-cases": None, "staff": None}, "session": "null"}
    ).json()
    assert (nothing["kind"], nothing["recommendation"]) == ("clarification", None)
    bare = client.post("/api/recommend", json={"facts": {"stage": None}})
    assert (bare.status_code, bare.json()["code"]) == (422, "not-possible")
    assert "no session is given" in bare.json()["detail"]


def test_the_last_answers_are_taken_back(client: TestClient) -> None:
    session = client.post("/api/ask", json={"question": QUESTION}).json()["session"]
    for question in ("And the cons?", "thanks"):
        client.post("/api/ask", json={"question": question, "session": session})
    place = f"/api/conversations/{session}/exchanges"
    got = client.delete(place, params={"last": 2})
    assert got.json() == {"schema": 1, "session": session, "dropped": 2, "left": 1}
    kept = client.get(f"/api/conversations/{session}").json()["exchanges"]
    assert [one["answer"]["question"] for one in kept] == [QUESTION]
    for wrong in ({}, {"last": 0}, {"last": "all"}):
        assert client.delete(place, params=wrong).status_code == 422
    assert client.delete(place, params={"last": 9}).json()["left"] == 0
    gone = client.delete(place, params={"last": 1})
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"facts": {"use-cases": "fw"}}, "Did you mean 'few'?"),
        ({"facts": {"sise": "few"}}, "no such criterion"),
        ({"facts": {"/etc/passwd": "x"}}, "no such criterion"),
        ({"facts": {}, "decision": "lunch"}, "no such decision"),
        ({"facts": {"present": "lunch"}}, "no such option"),
    ],
)
def test_a_fact_that_is_none_is_named(client: TestClient, body: dict[str, Any], detail: str) -> None:
    got = client.post("/api/recommend", json=body)
    assert (got.status_code, got.json()["code"]) == (422, "not-possible")
    assert detail in got.json()["detail"]


def test_a_comparison_is_what_asking_for_it_gives(client: TestClient, service: Service) -> None:
    got = client.post("/api/compare", json={"options": ["factory", "centralised"], "about": "governance"}).json()
    asked = service.assistant.ask("Compare Factory and Centralised for governance")
    assert (got["kind"], got["answer"]) == ("comparison", asked.answer)
    for options in (["factory", "factory"], ["factory", "lunch"]):
        assert client.post("/api/compare", json={"options": options}).status_code == 422


def test_a_search_finds_passages_that_can_be_opened(client: TestClient) -> None:
    found = client.post("/api/search", json={"query": "who owns the platform", "count": 3}).json()["passages"]
    assert [one["rank"] for one in found] == [1, 2, 3]
    opened = client.get("/api/passages/" + found[0]["passage_id"].replace("#", "%23")).json()
    assert opened == {key: value for key, value in found[0].items() if key in opened}
    assert client.get("/api/passages/nowhere").json()["code"] == "not-found"
    assert client.post("/api/search", json={"query": "x", "sources": ["nobody"]}).status_code == 422


def test_options_rubric_and_documents_are_shown(client: TestClient, service: Service) -> None:
    decisions = client.get("/api/options").json()["decisions"]
    assert [one["id"] for one in decisions] == [decision.id for decision in service.assistant.pack.decisions]
    assert all(one["ranked"] for one in decisions)
    assert {o["pros"] for o in decisions[0]["options"]} != {0}
    assert service.assistant.advisor is not None
    assert client.get("/api/rubric").json()["sha256"] == service.assistant.advisor.book.rubric.sha256
    documents = client.get("/api/documents").json()["documents"]
    assert sum(one["passages"] for one in documents) == len(service.assistant.library.passages)
    assert not any(one["removable"] for one in documents)


def test_a_documents_passages_come_in_its_order(client: TestClient, service: Service) -> None:
    documents = client.get("/api/documents").json()["documents"]
    for document in documents[:2]:
        found = client.get(f"/api/documents/{document['id']}/passages").json()["passages"]
        assert len(found) == document["passages"]
        assert [one["start"] for one in found] == sorted(one["start"] for one in found)
        text = service.document(document["id"]).text
        assert all(text[one["start"] : one["end"]] == one["text"] for one in found)
    assert client.get("/api/documents/nowhere/passages").json()["code"] == "not-found"


def test_votes_are_kept_with_what_was_asked(client: TestClient, service: Service) -> None:
    session = client.post("/api/ask", json={"question": QUESTION}).json()["session"]
    client.post("/api/ask", json={"question": "And the cons?", "session": session})
    sent = {"session": session, "vote": "down", "comment": "too long", "number": 1}
    number = client.post("/api/feedback", json=sent).json()["feedback"]
    again = client.post("/api/feedback", json={**sent, "vote": "up"})
    assert (again.status_code, again.json()["feedback"]) == (201, number)
    (kept,) = service._feedback.entries()
    assert (kept.kind, kept.comment, kept.turns) == ("up", "too long", (QUESTION,))
    for wrong, status in (({"number": 3}, 404), ({"session": "nobody"}, 404), ({"vote": "meh"}, 422)):
        assert client.post("/api/feedback", json={**sent, **wrong}).status_code == status


def test_a_record_is_written_from_a_conversation_and_from_facts(client: TestClient) -> None:
    told = client.post("/api/recommend", json={"facts": {"use-cases": "few", "stage": 12}, "session": "rec"}).json()
    text = client.post("/api/records", json={"session": "rec", "title": "Our <b>choice</b>"}).json()["markdown"]
    assert f"rubric_sha256: {told['recommendation']['rubric_sha256']}" in text
    assert "\n# Our &lt;b&gt;choice&lt;/b&gt;\n" in text
    assert (
        "present: factory"
        in client.post("/api/records", json={"facts": {"use-cases": "few", "stage": 12, "present": "factory"}}).json()[
            "markdown"
        ]
    )
    assert client.post("/api/records", json={}).json()["code"] == "not-possible"
    assert client.post("/api/records", json={"session": "nobody"}).status_code == 404


def test_what_is_not_there_is_a_problem_too(client: TestClient) -> None:
    for path in ("/api/nope", "/v1/nope", "/api/ask/more", "/slack/nope"):
        got = client.get(path)
        assert got.status_code == 404, path
        assert "openapi.json" in str(got.json())
    assert set(client.get("/v1/nope").json()) == {"error"}
    for method, path, allowed in (("GET", "/api/ask", "POST"), ("PUT", "/api/documents", "GET, POST")):
        got = client.request(method, path)
        assert (got.status_code, got.json()["code"], got.headers["allow"]) == (405, "method-not-allowed", allowed)


def test_a_request_that_breaks_its_schema_is_told_where_and_not_what(client: TestClient) -> None:
    got = client.post("/api/ask", json={"question": 7, "secret": "hunter2"}).json()
    assert {one["where"] for one in got["errors"]} == {"body.question", "body.secret"}
    assert "hunter2" not in json.dumps(got)
    broken = client.post("/api/ask", content=b"{", headers={"content-type": "application/json"})
    assert (broken.status_code, broken.json()["code"]) == (422, "invalid-request")
    # What `curl -d` sends when nobody says otherwise.
    form = {"content-type": "application/x-www-form-urlencoded"}
    said = client.post("/api/ask", content=b'{"question": "Why?"}', headers=form).json()["detail"]
    assert said.endswith("Send JSON with the header `Content-Type: application/json`.")


def test_health_says_what_does_not_work(client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"schema": 1, "ready": True, "parts": {"library": "ok", "database": "ok"}}

    def fail(**_: Any) -> None:
        raise ConversationError("postgresql://secret-host is away.")

    monkeypatch.setattr(service._feedback, "entries", fail)
    got = client.get("/readyz")
    assert (got.status_code, got.json()["parts"]["database"]) == (503, "unavailable")
    assert "secret-host" not in got.text


def test_answers_are_counted_by_door_and_kind(service: Service) -> None:
    metrics = Metrics()
    service._observe = metrics.answered
    with TestClient(make_api(service, metrics)) as client:
        client.post("/api/ask", json={"question": QUESTION})
        client.post("/api/ask", json={"question": "What does Kubeflow cost?"})
        metrics.requested("POST", "/api/ask", 200, 0.02)
        shown = client.get("/metrics").text
    assert 'groundrule_answers_total{door="http",kind="pros_cons"} 1.0' in shown
    assert 'groundrule_refusals_total{door="http"} 1.0' in shown
    assert 'groundrule_citations_total{door="http"} 4.0' in shown
    assert 'groundrule_requests_total{method="POST",route="/api/ask",status="200"} 1.0' in shown


def test_the_server_is_alive_while_every_thread_waits_for_an_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Semaphore(0), threading.Event()

    def wait(*_: Any, **__: Any) -> Answer:
        begun.release()
        ended.wait(120)
        raise ConversationError("it took too long.")

    monkeypatch.setattr(service, "ask", wait)
    with served(make_api(service, Metrics(), threads=2)) as address:
        asking = [threading.Thread(target=httpx.post, args=[f"{address}/api/ask"], kwargs={"json": {"question": "x"}, "timeout": 60}) for _ in range(4)]  # fmt: skip
        for thread in asking:
            thread.start()
        assert begun.acquire(timeout=120)
        assert begun.acquire(timeout=120)
        try:
            for path in ("/healthz", "/readyz", "/metrics"):
                assert httpx.get(f"{address}{path}", timeout=10).status_code == 200
        finally:
            ended.set()
        for thread in asking:
            thread.join()


def test_every_route_has_a_scope_of_its_own(service: Service) -> None:
    described = make_api(service, Metrics()).openapi()["paths"]
    found = {
        f"{method.upper()} {path}": rule_for(method.upper(), path.replace("{", "").replace("}", ""))
        for path, methods in described.items()
        for method in methods
    }
    assert UNKNOWN not in found.values()
    assert {name: rule.needs for name, rule in found.items()} == {
        "GET /healthz": "public",
        "GET /readyz": "public",
        "GET /metrics": "admin",
        "POST /api/ask": "read",
        "POST /api/recommend": "read",
        "POST /api/compare": "read",
        "POST /api/search": "read",
        "POST /api/records": "read",
        "GET /api/options": "read",
        "GET /api/rubric": "read",
        "GET /api/passages/{passage_id}": "read",
        "GET /api/side-by-side": "read",
        "GET /api/me": "read",
        "GET /api/quality/report": "read",
        "GET /api/conversations/{session}": "read",
        "GET /api/conversations/{session}/record": "read",
        "GET /api/conversations/{session}/transcript": "read",
        "DELETE /api/conversations/{session}": "write",
        "DELETE /api/conversations/{session}/exchanges": "write",
        "POST /api/feedback": "write",
        "GET /api/documents": "read",
        "GET /api/documents/{document_id}/passages": "read",
        "POST /api/documents": "admin",
        "DELETE /api/documents/{document_id}": "admin",
        "POST /v1/chat/completions": "read",
        "GET /v1/models": "read",
        "GET /v1/models/{model}": "read",
    }

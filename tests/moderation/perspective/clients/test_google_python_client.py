"""The real google-api-python-client, built from our discovery document, against the real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from moderation.models import Feedback

# Its imports and its sockets warn of things that are its own to mend.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

MIXED = "Thank you for writing this. You are a stupid idiot! 😀 Good night."
Service = Any


@pytest.fixture(autouse=True)
def client_installed(missing: Callable[[str], None]) -> None:
    if find_spec("googleapiclient") is None:
        missing("google-api-python-client (pip install -r requirements-dev.txt)")


@pytest.fixture
def service(live_server: Any, api_key: Callable[..., str]) -> Iterator[Service]:
    """A client made exactly as for Perspective, but for the address."""
    with made(live_server.url, api_key("analyze")) as client:
        yield client


def made(url: str, key: str) -> Service:
    from googleapiclient import discovery

    return discovery.build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=key,
        discoveryServiceUrl=f"{url}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
    )


def refused(request: Any) -> Any:
    """The error that a request ends in, as the client shows it."""
    from googleapiclient.errors import HttpError

    with pytest.raises(HttpError) as error:
        request.execute()
    body = json.loads(error.value.content)["error"]
    assert error.value.resp.status == body["code"]
    assert error.value.reason.strip() == body["message"].strip()
    return body


def analyze(service: Service, text: str = MIXED, **fields: Any) -> Any:
    body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, **fields}
    return service.comments().analyze(body=body)


def test_analyze_gives_scores_and_spans(service: Service) -> None:
    wanted = {"TOXICITY": {}, "INSULT@2": {}, "THREAT": {"scoreThreshold": 0.99}}
    found = analyze(
        service, requestedAttributes=wanted, spanAnnotations=True, clientToken="7", doNotStore=True
    ).execute()
    assert set(found["attributeScores"]) == {"TOXICITY", "INSULT@2"}
    assert (found["clientToken"], found["languages"]) == ("7", ["en"])
    spans = found["attributeScores"]["TOXICITY"]["spanScores"]
    units = MIXED.encode("utf-16-le")
    shown = [units[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le") for span in spans]
    assert "".join(shown).replace(" ", "") == MIXED.replace(" ", "")
    worst = max(spans, key=lambda span: span["score"]["value"])
    assert "idiot" in shown[spans.index(worst)]
    assert worst["score"]["value"] > 0.8


def test_fields_and_the_other_standard_parameters(service: Service) -> None:
    body = {"comment": {"text": MIXED}, "requestedAttributes": {"TOXICITY": {}}}
    found = service.comments().analyze(body=body, fields="languages", prettyPrint=False, quotaUser="u").execute()
    assert found == {"languages": ["en"]}


def test_suggestscore_is_kept(service: Service) -> None:
    body = {
        "comment": {"text": MIXED},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.25}}},
        "languages": ["en"],
        "clientToken": "comment:1",
    }
    found = service.comments().suggestscore(body=body).execute()
    assert found == {"clientToken": "comment:1", "requestedLanguages": ["en"], "detectedLanguages": ["en"]}
    assert Feedback.objects.get().scores == {"TOXICITY": 0.25}


def test_a_batch_answers_each_request_and_one_bad_part_fails_alone(service: Service) -> None:
    answers: dict[str, Any] = {}

    def note(name: str, response: Any, error: Any) -> None:
        answers[name] = response if error is None else error.resp.status

    batch = service.new_batch_http_request(callback=note)
    for number in range(20):
        batch.add(
            analyze(service, "You are a stupid idiot." if number % 2 else "Thank you."), request_id=f"id {number}"
        )
    batch.add(analyze(service, ""), request_id="empty/ä")
    batch.execute()
    assert answers.pop("empty/ä") == 400
    values = {name: found["attributeScores"]["TOXICITY"]["summaryScore"]["value"] for name, found in answers.items()}
    assert len(values) == 20
    assert all((value > 0.8) == bool(int(name.split()[1]) % 2) for name, value in values.items())


@pytest.mark.parametrize(
    ("fields", "error_type", "message"),
    [
        ({"comment": {"text": ""}}, "COMMENT_EMPTY", "Comment must be non-empty."),
        ({"comment": {"text": "a" * 20_481}}, "COMMENT_TOO_LONG", "Comment text too long."),
        ({"requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes"),
        ({"comment": {"text": "..."}}, "LANGUAGE_DETECTION_FAILED", "Unable to detect language"),
        (
            {"languages": ["it"], "requestedAttributes": {"INSULT": {}}},
            "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "Attribute INSULT does not support request languages: it",
        ),
        ({"requestedAttributes": {"FLIRTATION": {}}}, "INVALID_REQUEST", "Unknown requested attribute: FLIRTATION"),
        (
            {"requestedAttributes": {"THREAT": {"scoreType": "PERCENTILE"}}},
            "INVALID_REQUEST",
            "Requested score type PERCENTILE is not supported by attribute THREAT",
        ),
        (
            {"comment": {"text": "a", "type": "HTML"}},
            "INVALID_REQUEST",
            "Currently, only 'PLAIN_TEXT' comments are supported",
        ),
        (
            {"context": {"entries": [{"text": "a"}], "articleAndParentComment": {"article": {"text": "a"}}}},
            "INVALID_REQUEST",
            "Context can have either entries or article_and_parent_comment, but both fields were populated.",
        ),
    ],
)
def test_each_error_of_the_analyzer(service: Service, fields: Any, error_type: str, message: str) -> None:
    error = refused(analyze(service, **fields))
    assert (error["code"], error["status"], error["message"]) == (400, "INVALID_ARGUMENT", message)
    detail = error["details"][0]
    assert detail["@type"] == "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
    assert detail["errorType"] == error_type


def test_a_field_that_does_not_exist(service: Service) -> None:
    error = refused(analyze(service, colour="red"))
    assert error["message"] == 'Invalid JSON payload received. Unknown name "colour": Cannot find field.'
    assert error["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"


def test_wrong_keys_and_used_up_quotas(live_server: Any, api_key: Callable[..., str]) -> None:
    with made(live_server.url, "wrong") as client:
        assert refused(analyze(client))["details"][0]["reason"] == "API_KEY_INVALID"
    with made(live_server.url, api_key("read")) as client:
        assert refused(analyze(client))["status"] == "PERMISSION_DENIED"
    with made(live_server.url, api_key("analyze", rate=1)) as client:
        analyze(client).execute()
        error = refused(analyze(client))
    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"


def test_the_retry_that_clients_do_without_the_named_attribute(service: Service) -> None:
    """Many programs drop the attribute that a 400 names and ask again, until what is left is served."""
    wanted = {"TOXICITY": {}, "SPAM": {}, "AFFINITY_EXPERIMENTAL": {}}
    while True:
        try:
            found = analyze(service, requestedAttributes=wanted).execute()
            break
        except Exception as error:  # noqa: BLE001 - as those programs do
            named = json.loads(error.content)["error"]["message"].rsplit(": ", 1)[1]  # type: ignore[attr-defined]
            del wanted[named]
    assert list(found["attributeScores"]) == ["TOXICITY"]

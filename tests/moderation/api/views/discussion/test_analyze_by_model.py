"""analyze/ with several models: each text by the model that serves its language."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from archive.models import Article, Comment

ANALYZE = "/api/v1/analyze/"
TEXTS = [
    "I think that the council should listen to the people who live here.",
    "Bence belediye bu konuda haksız ve kimseye hesap vermiyor.",
    "Мэр опять обманывает людей, и никто ему не отвечает.",
    "El alcalde nunca contesta las preguntas de los vecinos.",
    "Je ne suis pas d'accord avec vous, le maire a déjà répondu aux habitants.",
    "...",
]


def analyzed(api: APIClient, **body: Any) -> dict[str, Any]:
    response = api.post(ANALYZE, body)
    assert response.status_code == 200, response.content
    return dict(response.json())


def test_a_mixed_list_names_the_model_of_each_result_and_none_of_all(api: APIClient, second: str) -> None:
    body = analyzed(api, texts=TEXTS, spans=True)
    assert body["model"] is None
    results = body["results"]
    assert [one.get("model") for one in results] == ["compact@6", second, second, second, None, None]
    assert [one["language"]["code"] for one in results[:4]] == ["en", "tr", "ru", "es"]
    assert [one["error"]["code"] for one in results[4:]] == ["language_not_supported", "no_text"]
    assert all(one["verdict"]["action"] in {"pass", "queue"} and one["spans"] for one in results[:4])


@pytest.mark.parametrize(("language", "model"), [("tr", "second@1"), ("en", "compact@6"), ("es-MX", "second@1")])
def test_a_declared_language_gives_all_texts_to_its_model(
    api: APIClient, second: str, language: str, model: str
) -> None:
    body = analyzed(api, texts=TEXTS[:3], language=language)
    assert body["model"] == model
    assert {one["model"] for one in body["results"]} == {model}


def test_the_model_of_all_is_told_where_the_results_agree_and_none_where_there_are_no_results(
    api: APIClient, second: str
) -> None:
    assert analyzed(api, texts=TEXTS[1:3])["model"] == second
    assert analyzed(api, texts=[TEXTS[0], TEXTS[4]])["model"] == "compact@6"
    assert analyzed(api, texts=TEXTS[4:])["model"] is None


def test_an_attribute_that_no_model_serves_is_refused(api: APIClient, second: str) -> None:
    response = api.post(ANALYZE, {"text": TEXTS[0], "attributes": ["nonsense"]})
    assert response.status_code == 400
    assert "The models serve toxicity" in response.json()["errors"][0]["detail"]


def test_posted_comments_are_scored_by_their_languages_models(api: APIClient, article: Article, second: str) -> None:
    where = {"source": "harbor-times", "article": {"external_id": "a1"}}
    rows = [{**where, "external_id": f"c{at}", "text": text} for at, text in enumerate(TEXTS[:3])]
    rows.append({**where, "external_id": "said", "text": TEXTS[3], "language": "en"})
    answer = api.post("/api/v1/comments/?wait=score", rows)
    assert answer.status_code == 201, answer.content
    assert [one["model"] for one in answer.json()] == ["compact@6", second, second, "compact@6"]
    assert not Comment.objects.unscored().exists()

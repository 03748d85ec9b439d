"""The pages of policies in Turkish: sentences, choices, what failed."""

import pytest
from django.urls import reverse
from django.utils import translation

from moderation.services.policies.versions import policy_create

BODY = {
    "schema": 2,
    "name": "Kurallar",
    "rules": [{"id": "r", "when": {"any": [{"attribute": "severe_toxicity", "gte": 0.7}]}, "action": "queue"}],
    "tests": [{"name": "örnek", "scores": {"severe_toxicity": 0.9}, "expect": "hold"}],
}


@pytest.fixture
def pages(staff):
    """Returns the text of a page in Turkish: `pages("policy", 2)`."""
    client = staff("senior")

    def read(page, *arguments, **posted):
        address = reverse(f"desk:{page}", args=arguments)
        headers = {"Accept-Language": "tr"}
        answer = client.post(address, posted, headers=headers) if posted else client.get(address, headers=headers)
        return answer.content.decode()

    yield read
    translation.deactivate()


def test_a_rule_is_a_turkish_sentence_with_turkish_names(pages, db):
    number = policy_create(body=BODY, actor=None).version.version
    text = pages("policy", number)
    assert "ağır toksisite" in text
    assert "ise yorum kuyruğa gitsin." in text
    for words in ("severe", "Warning", "Rules", "Activation", "What changes"):
        assert words not in text, words
    assert "1 test başarısız." in pages("policy", number, act="test")


def test_the_list_the_editor_and_the_simulation_are_turkish(pages, db):
    assert "taslak" in pages("policies") or "etkin" in pages("policies")
    assert "bir niteliğin puanı" in pages("policy-editor", do="rule-add", draft='{"rules": []}', name="x")
    assert "Kayıtlı puanları değerlendirir" in pages("policy-simulation", 1)

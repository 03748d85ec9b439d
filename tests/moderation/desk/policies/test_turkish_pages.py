"""The pages of policies in Turkish: sentences, choices, what failed."""

import json

import pytest
from django.urls import reverse
from django.utils import translation

from moderation.models import PolicyVersion
from moderation.services.policies.rollout.stages import policy_shadow
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


RULE = BODY["rules"][0]
NONE = {"any": [{"list": "yok"}]}
EMPTY = {"any": [{"attribute": "toxicity", "gte": 0.9, "lte": 0.1}]}
GOAL = {"any": [{"attribute": "toxicity", "goal": "maximum fun @ precision >= 0.9"}]}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"rules": [{**RULE, "when": NONE}]}, "yok adlı bir sözcük listesi yok."),
        ({"rules": [{**RULE, "when": EMPTY}]}, "hiçbir puan hem en az 0.9 hem en çok 0.1 değildir"),
        ({"rules": [{**RULE, "when": GOAL}]}, "fun adlı bir ölçüt yok"),
        ({"rules": [{**RULE, "action": "delete"}]}, "şunlardan biri değil"),
        ({"rules": [RULE, RULE]}, "r adı önceki bir kuralda kullanıldı"),
        ({"rules": [{**RULE, "scope": {"source": "yok"}}]}, "yok adlı bir kaynak yok."),
        ({"name": ""}, "boş olmamalı"),
    ],
)
def test_what_is_wrong_with_a_draft_is_said_in_turkish(pages, db, changed, words):
    text = pages("policy-editor", do="save", draft=json.dumps({**BODY, **changed}), name=changed.get("name", "x"))
    assert words in text
    assert "Hiçbir şey değiştirilmedi." in text


def test_a_warning_is_turkish_and_the_service_raises_it_in_the_readers_language(pages, db):
    late = {**RULE, "id": "late", "when": {"any": [{"attribute": "severe_toxicity", "gte": 0.8}]}}
    number = policy_create(body={**BODY, "rules": [RULE, late]}, actor=None).version.version
    assert "late kuralı hiçbir zaman karar vermez: ondan önce gelen r" in pages("policy", number)


def test_what_a_service_refuses_is_told_in_turkish(pages, db):
    first = policy_create(body=BODY, actor=None).version.version
    text = pages("policy", first, act="activate")
    assert "BAŞARISIZ  örnek: r ile queue, beklenen hold" in text
    second = policy_create(body={**BODY, "name": "y", "tests": []}, actor=None).version.version
    policy_shadow(version=first, actor=None)
    assert f"{first} numaralı sürümün durumu: gölgede." in pages("policy-rollout", second, act="shadow")
    assert f"{second} numaralı sürümün durumu: taslak." in pages("policy-rollout", second, act="rollout", percent="5")
    assert "Oran, yüzde 1 ile 100 arasında bir tam sayıdır." in pages(
        "policy-rollout", first, act="rollout", percent="x"
    )
    rejecting = {**BODY, "name": "z", "tests": [], "rules": [{**RULE, "action": "reject"}]}
    third = policy_create(body=rejecting, actor=None).version.version
    text = pages("policy", third, act="activate")
    assert "r kuralı bir kişi olmadan reject uygular: etkinleştirmek için automate_policy gerekir." in text
    assert PolicyVersion.objects.get(active=True).version < first


def test_the_pages_of_a_rollout_are_turkish(pages, db):
    number = policy_create(body={**BODY, "tests": []}, actor=None).version.version
    policy_shadow(version=number, actor=None)
    text = pages("policy-rollout", number)
    for words in ("Aşama", "gölgede", "Etkin sürümün yanında", "Yorumlar ve günler", "Emekli et"):
        assert words in text, words
    for words in ("Stage", "Comments and days", "Retire", "this version", "comments"):
        assert words not in text.replace("comments/", ""), words

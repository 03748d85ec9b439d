"""Versions of the policy at the desk: listed, in words, compared, tested, activated; and who may do which."""

import copy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from moderation.models import PolicyVersion
from moderation.services.policies.versions import policy_create

SHOUTING = {
    "id": "shouting",
    "when": {"all": [{"fact": "capitals", "gte": 0.6}, {"not": {"commenter": "staff"}}]},
    "action": "queue",
}
INSULTS = {"id": "insults", "when": {"any": [{"attribute": "insult", "gte": 0.7}]}, "action": "hold"}
HOUSE = {
    "schema": 2,
    "name": "House <b>rules</b>",
    "rules": [INSULTS, SHOUTING],
    "tests": [
        {"name": "an insult", "scores": {"insult": 0.9}, "expect": "hold"},
        {
            "name": "shouting <i>",
            "scores": {"insult": 0.1},
            "facts": {"capitals": 0.9, "commenter": {}},
            "expect": "pass",
        },
    ],
}
MOST_QUERIES = 16


@pytest.fixture
def draft(db):
    """Saves a draft of nobody: `draft(name="…")`."""

    def save(**changes):
        return policy_create(body={**copy.deepcopy(HOUSE), **changes}, actor=None, note="a <i>note</i>").version

    return save


@pytest.fixture
def senior(staff):
    return staff("senior")


def page(client, name, *arguments, **parameters):
    response = client.get(reverse(f"desk:{name}", args=arguments), parameters)
    assert response.status_code == 200
    return response.content.decode()


def test_the_versions_are_listed_with_their_status_the_newest_first(staff, draft):
    version = draft()
    text = page(staff("viewer"), "policies")
    rows = text.split("<tr")[2:]
    assert f">{version.version}</a>" in rows[0]
    assert "draft" in rows[0]
    assert "active" in rows[1]
    assert "House &lt;b&gt;rules&lt;/b&gt;" in text
    assert "a &lt;i&gt;note&lt;/i&gt;" in text
    assert "<b>rules</b>" not in text


def test_a_list_of_many_versions_goes_on_on_the_next_page_at_the_same_price(staff, draft):
    first = draft()
    viewer = staff("viewer")
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(viewer, "policies")
    for number in range(60):
        draft(name=f"rules {number}")
    with CaptureQueriesContext(connection) as many:
        text = page(viewer, "policies")
    assert len(many) == len(few) <= MOST_QUERIES
    assert f"?before={first.version + 11}" in text
    assert f">{first.version}</a>" in page(viewer, "policies", before=str(first.version + 11))


def test_a_version_says_each_rule_in_a_sentence_and_what_the_checks_warn_of(staff, draft):
    late = {**INSULTS, "id": "late", "when": {"any": [{"attribute": "insult", "gte": 0.8}]}}
    version = draft(rules=[INSULTS, late])
    text = page(staff("viewer"), "policy", version.version)
    assert "If insult is at least 0.7, hold the comment until a person has decided." in text
    assert "Warning:" in text
    assert "shouting &lt;i&gt;" in text
    assert "<i>" not in text


def test_a_version_costs_as_many_queries_with_thirty_rules_as_with_one(staff, draft):
    viewer = staff("viewer")
    one = draft(rules=[INSULTS])
    many = draft(
        rules=[
            {**INSULTS, "id": f"r{number}", "when": {"any": [{"fact": "links", "gte": 40 - number}]}}
            for number in range(30)
        ]
    )
    counts = []
    for version in (one, many):
        with CaptureQueriesContext(connection) as queries:
            page(viewer, "policy", version.version)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= MOST_QUERIES


def test_two_versions_are_compared_in_words_with_any_other_chosen(staff, draft):
    before = draft()
    milder = {**INSULTS, "when": {"any": [{"attribute": "insult", "gte": 0.9}]}}
    after = draft(rules=[SHOUTING, milder], name="New rules")
    text = page(staff("viewer"), "policy", after.version, against=str(before.version))
    assert "insult is at least 0.7" in text
    assert "insult is at least 0.9" in text
    assert "moved" in text
    assert f'value="{before.version}" selected' in text
    active = PolicyVersion.objects.get(active=True)
    assert f'value="{active.version}" selected' in page(staff("viewer"), "policy", after.version)


def test_the_tests_of_a_version_are_run_by_a_button_and_say_what_failed(senior, draft):
    version = draft()
    answer = senior.post(reverse("desk:policy", args=[version.version]), {"act": "test"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "1 test fails." in text
    assert "Instead: send it to the queue (rule shouting)." in text


def test_activation_is_refused_while_a_test_fails_and_names_it(senior, draft):
    version = draft()
    answer = senior.post(reverse("desk:policy", args=[version.version]), {"act": "activate"})
    assert answer.status_code == 400
    assert "Test 2" in answer.content.decode()
    version.refresh_from_db()
    assert not version.active


def test_a_version_is_activated_by_whoever_may_and_by_nobody_else(staff, senior, draft, source):
    version = draft(tests=HOUSE["tests"][:1])
    address = reverse("desk:policy", args=[version.version])
    assert staff("moderator").post(address, {"act": "activate"}).status_code == 403
    assert staff("senior", source).post(address, {"act": "activate"}).status_code == 403
    assert senior.post(address, {"act": "activate"}).status_code == 302
    version.refresh_from_db()
    assert version.active


def test_a_rule_that_rejects_is_activated_with_its_own_permission_alone(staff, senior, draft):
    version = draft(rules=[{**INSULTS, "action": "reject"}], tests=[])
    address = reverse("desk:policy", args=[version.version])
    answer = senior.post(address, {"act": "activate"})
    assert answer.status_code == 403
    assert "Rule insults" in answer.content.decode()
    assert staff("administrator").post(address, {"act": "activate"}).status_code == 302


def test_a_viewer_has_no_button_of_what_they_may_not_do(staff, draft):
    text = page(staff("viewer"), "policy", draft().version)
    assert 'value="activate"' not in text
    assert 'value="test"' not in text
    assert reverse("desk:policy-editor") not in text
    assert staff("viewer").post(reverse("desk:policy", args=[1]), {"act": "test"}).status_code == 403


def test_a_version_that_is_not_there_is_no_page(senior):
    assert senior.get(reverse("desk:policy", args=[999])).status_code == 404
    assert senior.get(reverse("desk:policy", args=[999_999_999_999_999_999])).status_code == 404


@pytest.mark.parametrize("name", ["before", "against"])
def test_no_number_in_an_address_is_too_long_for_a_page(senior, draft, name):
    version = draft()
    for place, arguments in (("policies", []), ("policy", [version.version])):
        assert senior.get(reverse(f"desk:{place}", args=arguments), {name: "9" * 5_000}).status_code == 200


def test_a_version_that_cannot_be_read_any_more_has_a_page_that_says_why(senior, draft):
    version, after = draft(), draft(name="New rules")
    PolicyVersion.objects.filter(pk=version.pk).update(body={**HOUSE, "rules": [{**INSULTS, "action": "ban"}]})
    text = page(senior, "policy", version.version)
    assert "&#x27;ban&#x27; is not one of" in text
    assert 'value="activate"' not in text
    assert senior.post(reverse("desk:policy", args=[version.version]), {"act": "activate"}).status_code == 400
    assert "ban" in page(senior, "policy", after.version, against=str(version.version))

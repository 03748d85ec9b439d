"""The page that simulates a version over stored scores: figures, intervals, examples, and its limits."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from moderation.desk.policies.simulations import figure
from moderation.models import ModelVersion
from moderation.scoring import ATTRIBUTES
from moderation.services.policies import simulation
from moderation.services.policies.versions import policy_create
from moderation.services.review.decisions import decision_record

STRICT = {
    "schema": 2,
    "name": "Strict",
    "rules": [{"id": "strict", "when": {"any": [{"attribute": "toxicity", "gte": 0.5}]}, "action": "hold"}],
}
MOST_QUERIES = 22


@pytest.fixture
def moderator(staff):
    return staff("moderator")


@pytest.fixture
def strict(make_review):
    ModelVersion.objects.update(attributes=list(ATTRIBUTES))
    return policy_create(body=STRICT, actor=None).version


def ask(client, version, **parameters):
    return client.get(reverse("desk:policy-simulation", args=[version.version]), {"run": "1", **parameters})


def test_a_simulation_says_what_changes_with_examples_that_lead_to_their_comments(
    moderator, strict, make_comment, make_review
):
    calm, heated = (make_review(make_comment(), toxicity=score) for score in (0.1, 0.6))
    text = ask(moderator, strict).content.decode()
    assert "let it pass → hold it until a person has decided: 1 comment" in text
    link = reverse("desk:comment", args=[heated.pk])
    assert f'<a href="{link}">#{heated.pk}</a>' in text
    assert "Rule strict; toxicity is 0.6, at least 0.5" in text
    assert f"#{calm.pk}" in text.split("Likely misses")[1]
    assert "toxicity 0.10 is 0.40 from 0.50 of rule strict" in text


def test_estimates_say_plainly_where_there_is_not_enough_data(moderator, strict, make_comment, make_review, admin_user):
    text = ask(moderator, strict).content.decode()
    assert "Not enough data: nobody has decided" in text
    for number in range(40):
        waiting = make_review(make_comment(), toxicity=0.9)
        decision_record(comment_id=waiting.pk, action="reject" if number < 30 else "approve", actor=admin_user)
    text = ask(moderator, strict).content.decode()
    row = text.split("this version</th><td>40</td>")[1].split("</tr>")[0]
    assert "75.0 %" in row
    assert row.count("not enough data") == 1


def test_a_figure_has_its_interval_or_says_that_there_is_none():
    assert figure({"enough": False, "effective": 12.4}) == "not enough data (effective sample 12)"
    shown = figure({"enough": True, "effective": 300, "value": 0.9, "low": 0.85, "high": 0.931})
    assert shown == "90.0 % (85.0 to 93.1)"


def test_a_range_a_source_and_a_section_narrow_it(moderator, strict, make_pending, source):
    make_pending()
    assert ask(moderator, strict, since="2021-11-16", until="2021-11-16").context["report"]["comments"] == 1
    assert ask(moderator, strict, since="2021-11-17").context["report"]["comments"] == 0
    assert ask(moderator, strict, source=source.slug).context["report"]["comments"] == 1
    assert ask(moderator, strict, section="Nowhere").context["report"]["comments"] == 0
    answer = ask(moderator, strict, since="2021-11-17", until="2021-11-16")
    assert answer.status_code == 400
    assert "The range ends before it begins." in answer.content.decode()


def test_somebody_limited_to_sources_simulates_on_these_alone(staff, strict, make_pending, source, elsewhere):
    make_pending()
    assert ask(staff("moderator", elsewhere), strict).context["report"]["comments"] == 0
    assert ask(staff("moderator", source), strict).context["report"]["comments"] == 1
    assert ask(staff("moderator", elsewhere), strict, source=source.slug).status_code == 400


def test_too_many_comments_for_a_page_are_left_to_the_command_that_is_shown(
    moderator, strict, make_pending, monkeypatch, source
):
    monkeypatch.setattr(simulation, "MOST_COMMENTS", 1)
    for _ in range(2):
        make_pending()
    text = ask(moderator, strict, source=source.slug, since="2021-11-01").content.decode()
    assert f"manage.py policy simulate {strict.version} --since 2021-11-01T00:00:00" in text
    assert f"--source {source.slug}" in text


def test_a_goal_without_a_number_is_said_and_is_no_error(moderator, strict):
    when = {"any": [{"attribute": "toxicity", "goal": "maximum recall @ precision >= 0.9"}]}
    body = {**STRICT, "rules": [{"id": "goal", "when": when, "action": "hold"}]}
    answer = ask(moderator, policy_create(body=body, actor=None).version)
    assert answer.status_code == 400
    assert "has not been resolved to a number" in answer.content.decode()


def test_a_simulation_costs_as_many_queries_for_forty_comments_as_for_two(moderator, strict, make_pending):
    counts = []
    for many in (2, 40):
        for _ in range(many):
            make_pending(toxicity=0.6)
        with CaptureQueriesContext(connection) as queries:
            assert ask(moderator, strict).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= MOST_QUERIES


def test_a_viewer_simulates_nothing_for_it_shows_what_people_decided(staff, strict):
    assert ask(staff("viewer"), strict).status_code == 403
    assert reverse("desk:policy-simulation", args=[strict.version]) not in str(
        staff("viewer").get(reverse("desk:policy", args=[strict.version])).content
    )


def test_the_first_and_the_last_day_of_the_calendar_are_days_as_others(moderator, strict, make_pending):
    make_pending()
    report = ask(moderator, strict, since="0001-01-01", until="9999-12-31").context["report"]
    assert report["comments"] == 1

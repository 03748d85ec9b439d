"""The editor of policies: forms that lose nothing, saved through the one service, with what is wrong at its place."""

import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from moderation.desk.policies.drafts import draft_of, draft_read, draft_text, rule_posted
from moderation.desk.policies.fields import Faults, rule_form
from moderation.desk.policies.kinds import KINDS, part_new
from moderation.desk.policies.moves import Editing
from moderation.models import PolicyVersion
from moderation.policies import parse_policy
from moderation.policies.conditions import KINDS as CONDITIONS
from moderation.policies.conditions.people import COUNTS, MARKS
from moderation.policies.conditions.texts import FACTS
from moderation.services.errors import ServiceError
from moderation.services.policies.versions import policy_create

MOST_QUERIES = 10
EDITOR = reverse("desk:policy-editor")
DEEP = {
    "id": "deep",
    "scope": {"source": "harbor-times", "section": "Sport"},
    "when": {
        "all": [
            {"attribute": "toxicity", "gte": 0.123456789012, "lte": 1},
            {"any": [{"language": ["en", "tr"]}, {"not": {"commenter": "staff"}}, {"all": [{"flags": {"gte": 2}}]}]},
            {"attribute": "insult", "goal": "maximum recall @ precision >= 0.9"},
            {"article_age_hours": {"lte": 72}},
            {"fact": "capitals", "gte": 0.5},
            {"commenter": "rejected_share", "gte": 0.5},
            {"section": ["Sport", "News, local"]},
        ]
    },
    "action": "hold",
    "priority": -3,
    "floor": True,
}


class Browser:
    """A person at the editor: reads the form as a browser does, types, and presses a button."""

    def __init__(self, client):
        self.client, self.fields, self.page = client, {}, ""

    def open(self, **parameters):
        return self._read(self.client.get(EDITOR, parameters))

    def press(self, do, **typed):
        assert typed.keys() <= self.fields.keys()
        return self._read(self.client.post(EDITOR, {**self.fields, **typed, "do": do}))

    def type(self, **typed):
        self.fields |= typed

    def _read(self, answer):
        if answer.status_code == 302:
            return answer
        self.page = answer.content.decode()
        form = self.page[self.page.index("policy-form") :]
        self.fields = {}
        for found in re.finditer(
            r'<input type="(\w+)"[^>]*>|<textarea[^>]*>\n?(.*?)</textarea>|<select[^>]*>.*?</select>', form, re.DOTALL
        ):
            self._field(found)
        return answer

    def _field(self, found):
        tag = found[0]
        named = re.search(r'name="([^"]+)"', tag)
        if named is None:  # a field of the page's script, which is never sent
            return
        name = named[1]
        if name == "csrfmiddlewaretoken" or (found[1] == "checkbox" and " checked" not in tag):
            return
        if found[1]:
            value = re.search(r'value="([^"]*)"', tag)
            self.fields[name] = unescape(value[1]) if value else "on" if found[1] == "checkbox" else ""
        elif tag.startswith("<textarea"):
            self.fields[name] = unescape(found[2])
        else:
            chosen = re.search(r'<option value="([^"]*)" selected', tag) or re.search(r'<option value="([^"]*)"', tag)
            self.fields[name] = unescape(chosen[1])


@pytest.fixture
def senior(staff):
    return staff("senior")


@pytest.fixture
def browser(senior):
    return Browser(senior)


def test_a_policy_is_written_by_plain_forms_without_a_script(browser):
    browser.open()
    browser.press("rule-add", **{"name": "House rules", "audit.share": "0,02"})
    browser.type(**{"rule.id": "mild", "when.new": "attribute"})
    browser.press("part-add:when")
    browser.type(**{"when-0.name": "toxicity", "when-0.gte": "0.6", "when.new": "any"})
    browser.press("part-add:when")
    browser.press("part-add:when-1", **{"when-1.new": "not"})
    browser.press("part-add:when-1-0", **{"when-1-0.new": "commenter:staff"})
    browser.press("test-add", **{"test.text": "Thank you.", "test.expect": "pass"})
    answer = browser.press("save", note="first try")
    version = PolicyVersion.objects.first()
    assert answer.headers["location"] == reverse("desk:policy", args=[version.version])
    assert version.body == {
        "schema": 2,
        "name": "House rules",
        "audit_share": 0.02,
        "rules": [
            {
                "id": "mild",
                "when": {"all": [{"attribute": "toxicity", "gte": 0.6}, {"any": [{"not": {"commenter": "staff"}}]}]},
                "action": "queue",
            }
        ],
        "tests": [{"text": "Thank you.", "expect": "pass"}],
    }
    assert (version.note, version.author.get_username()[:6], version.status) == ("first try", "senior", "draft")


def test_a_version_comes_back_from_the_forms_as_it_was_rule_by_rule(browser, source):
    body = {"schema": 2, "name": "deep", "audit": {"share": 0.01, "strata": 5}, "rules": [DEEP], "tests": []}
    base = policy_create(body=body, actor=None).version
    browser.open(base=str(base.version))
    browser.press("rule-open:0")
    browser.press("rule-close")
    assert browser.press("save").status_code == 302
    assert PolicyVersion.objects.first() == base


def test_rules_and_conditions_are_moved_and_taken_away(browser):
    rules = [
        {"id": name, "when": {"any": [{"fact": "links", "gte": 5 - at}]}, "action": "queue"}
        for at, name in enumerate("abc")
    ]
    base = policy_create(body={"schema": 2, "name": "x", "rules": rules}, actor=None).version
    browser.open(base=str(base.version))
    browser.press("rule-down:0")
    browser.press("rule-up:2")
    browser.press("rule-remove:0")
    assert [rule["id"] for rule in json.loads(browser.fields["draft"])["rules"]] == ["c", "a"]
    browser.press("rule-open:1")
    browser.press("part-add:when", **{"when.new": "list"})
    browser.press("part-up:when-1", **{"when-1.name": "slurs"})
    assert browser.fields["when-0.name"] == "slurs"
    browser.press("part-remove:when-1")
    assert json.loads(browser.fields["draft"])["rules"][1]["when"] == {"any": [{"list": "slurs"}]}


def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(browser):
    browser.open()
    browser.press("rule-add", name="House rules")
    browser.press("part-add:when", **{"when.new": "attribute"})
    typed = {"when-0.name": "toxicity", "when-0.gte": "1.5", "when-0.lte": "much <b>", "rule.id": "my rule"}
    answer = browser.press("save", note="a note", **typed)
    assert answer.status_code == 400
    assert not PolicyVersion.objects.filter(version__gt=3).exists()
    assert {name: browser.fields[name] for name in typed} == typed
    assert browser.fields["note"] == "a note"
    assert "much <b>" not in browser.page
    field = browser.page.index('id="field-rule.id-errors"')
    assert "my rule" in browser.page[field : field + 300]
    assert browser.press("save", **{"rule.id": "mine"}).status_code == 400
    assert re.search(r'id="field-when-0\.(gte|lte)-errors"', browser.page)


def test_a_fault_opens_the_rule_that_it_is_in(browser):
    good = {"id": "good", "when": {"any": [{"fact": "links", "gte": 5}]}, "action": "queue"}
    base = policy_create(body={"schema": 2, "name": "x", "rules": [good]}, actor=None).version
    browser.open(base=str(base.version))
    browser.press("rule-add")
    browser.press("rule-close")
    assert "Not finished:" in browser.page
    answer = browser.press("save")
    assert answer.status_code == 400
    assert browser.fields["open"] == "1"
    assert "Rule rule-1" in browser.page


def test_a_not_of_two_conditions_is_refused_in_words(browser):
    browser.open()
    browser.press("rule-add", name="x")
    browser.press("part-add:when", **{"when.new": "commenter:new"})
    browser.press("part-add:when", **{"when.new": "commenter:staff"})
    browser.press("save", **{"when.is": "not"})
    assert "takes exactly one condition" in browser.page
    assert browser.fields["when.is"] == "not"


def test_a_static_error_is_told_at_the_rule_that_it_names(browser):
    browser.open()
    browser.press("rule-add", name="x")
    browser.press("part-add:when", **{"when.new": "attribute"})
    browser.press("save", **{"when-0.name": "", "when-0.gte": "0.5"})
    assert browser.page.count('role="alert"') == 1
    assert re.search(r'id="field-when-0\.name-errors"', browser.page)


def test_a_page_that_was_tampered_with_is_refused_and_not_an_error(senior):
    for draft in (
        "",
        "[]",
        "{",
        '{"rules": [1]}',
        '{"rules": [{"when": {"all": 1}}]}',
        '{"rules": [], "tests": 3}',
        "[" * 5000,
    ):
        answer = senior.post(EDITOR, {"draft": draft, "do": "save"})
        assert answer.status_code == 400, draft[:40]
    deep = '{"rules": [{"when": ' + '{"all": [' * 9 + "]}" * 9 + "}]}"
    assert senior.post(EDITOR, {"draft": deep, "do": "save"}).status_code == 400
    for do in ("rule-open:99", "rule-up:x", "part-add:when-9-9-9-9", "part-remove:when", "nonsense", "test-remove:5"):
        fine = {"draft": draft_text(draft_of({"name": "x", "rules": [DEEP]})), "open": "0", "do": do}
        assert senior.post(EDITOR, fine).status_code == 200, do


def test_an_editor_costs_as_many_queries_with_fifty_rules_as_with_one(senior):
    counts = []
    for many in (1, 50):
        rules = [
            {"id": f"r{at}", "when": {"any": [{"fact": "links", "gte": 90 - at}]}, "action": "queue"}
            for at in range(many)
        ]
        draft = draft_text({"schema": 2, "name": "x", "rules": rules})
        with CaptureQueriesContext(connection) as queries:
            assert senior.post(EDITOR, {"draft": draft, "do": "rule-open:0"}).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= MOST_QUERIES


def test_only_who_may_write_everywhere_opens_the_editor(staff, source):
    assert staff("viewer").get(EDITOR).status_code == 403
    assert staff("senior", source).get(EDITOR).status_code == 403
    assert staff("viewer").post(EDITOR, {"do": "save"}).status_code == 403


LEAVES = st.sampled_from(
    [
        {"attribute": "toxicity", "gte": 0.25},
        {"attribute": "toxicity", "gte": 0.5, "by_language": {"ru": 0.25, "tr": 1}, "lte": 1},
        {"commenter": "new"},
        {"fact": "length", "lte": 12},
        {"flags": {"gte": 1.5, "lte": 9}},
        {"list": "slurs", "gte": 2},
        {"source": ["a b", "c"]},
    ]
)


def groups(inner):
    lists = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        lists.map(lambda parts: {"all": parts}),
        lists.map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    )


WHENS = groups(st.one_of(LEAVES, groups(st.one_of(LEAVES, groups(LEAVES)))))


def posted(form):
    """What a browser sends for a rule's form."""

    def fields(part):
        yield from part.fields
        for inner in part.parts:
            yield from fields(inner)

    every = [*form.fields, *fields(form.condition)]
    return {one.name: one.value for one in every if one.control != "tick" or one.value}


@given(when=WHENS, floor=st.booleans(), priority=st.integers(-5, 5))
def test_a_rules_form_gives_back_the_rule(when, floor, priority):
    rule = {"id": "r", "when": when, "action": "hold", "priority": priority, **({"floor": True} if floor else {})}
    form = rule_form(rule, "/rules/0", Faults.of(()), sources=[])
    assert rule_posted(rule, posted(form)) == rule


@given(
    when=WHENS,
    moves=st.lists(
        st.tuples(
            st.sampled_from(["add", "up", "down", "remove"]),
            st.lists(st.integers(0, 3), max_size=3),
            st.sampled_from(["any", "not", "list", "flags"]),
        ),
        max_size=8,
    ),
)
def test_no_order_of_moves_makes_a_draft_that_a_page_cannot_carry(when, moves):
    editing = Editing({"schema": 2, "name": "x", "rules": [{"id": "r", "when": when, "action": "hold"}]}, 0)
    for verb, steps, kind in moves:
        path = "-".join(["when", *map(str, steps)])
        editing.do(f"part-{verb}:{path}", {f"{path}.new": kind})
    assert draft_read(draft_text(editing.draft)) == editing.draft


def test_every_kind_of_condition_can_be_added_and_filled_in_so_that_it_is_read():
    typed = {"name": "toxicity", "values": "en", "gte": "1", "lte": "1"}
    for name, kind in KINDS.items():
        assert part_new(name) is not None
        part = kind.posted({f"when-0.{one}": text for one, text in typed.items()}, "when-0")
        parse_policy({"schema": 2, "name": "x", "rules": [{"id": "r", "when": {"all": [part]}, "action": "hold"}]})


def test_every_condition_that_a_policy_may_have_has_a_form():
    named = {name.partition(":") for name in KINDS}
    assert {mark for mark, _, _ in named} == set(CONDITIONS)
    assert {name for mark, _, name in named if mark == "fact"} == set(FACTS)
    assert {name for mark, _, name in named if mark == "commenter"} == {*COUNTS, *MARKS}


def test_what_is_no_draft_is_refused():
    with pytest.raises(ServiceError):
        draft_read('{"rules": [{"when": {"attribute": "toxicity"}}]}')


@pytest.mark.parametrize("share", ["1e999", "NaN", '"\\u0000"', '"\\ud800"'])
def test_a_page_that_carries_what_no_database_can_store_is_refused(senior, share):
    draft = f'{{"schema": 2, "name": "x", "rules": [], "audit_share": {share}}}'
    assert senior.post(EDITOR, {"draft": draft, "do": "save"}).status_code == 400


def test_a_small_number_comes_back_from_a_form_as_a_number():
    for number in (0.00001, 0.000000123, 1e-15, 0.1, 12.0, 3):
        part = {"attribute": "toxicity", "gte": number}
        kind = KINDS["attribute"]
        posted_part = kind.posted({f"when-0.{name}": text for name, text in kind.typed(part).items()}, "when-0")
        assert posted_part == part


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("tr 0.4, ru 0,5", {"tr": 0.4, "ru": 0.5}),
        ("tr 0,4; ru 1", {"tr": 0.4, "ru": 1}),
        ("tr 0.4\nru 0.5", {"tr": 0.4, "ru": 0.5}),
        ("tr", "tr"),
        ("tr x", {"tr": "x"}),
    ],
)
def test_ends_by_language_are_typed_as_pairs_and_what_is_none_stays_as_it_was_typed(typed, read):
    part = KINDS["attribute"].posted({"p.name": "toxicity", "p.gte": "0.5", "p.by_language": typed}, "p")
    assert part["by_language"] == read

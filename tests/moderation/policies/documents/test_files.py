"""Policies as files: YAML and JSON, and what is wrong with them by line and reason."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policies import BUILT_IN_POLICY, PolicyError
from moderation.policies.documents.files import MAX_FILE_BYTES, read_policy

HEAD = "schema: 2\nname: Rules\nrules:\n"


def rule(when: str = "any: [{attribute: toxicity, gte: 0.5}]", *more: str) -> str:
    """A file of one rule whose `when` is on line 5; `more` are lines 7 and on."""
    return "\n".join([f"{HEAD}  - id: r", f"    when: {{{when}}}", "    action: queue", *more, ""])


def nested(depth: int) -> str:
    """A `when` of conditions nested so deep."""
    return "{not: " * (depth - 1) + "{attribute: toxicity, gte: 0.5}" + "}" * (depth - 1)


BAD: list[tuple[str, str | bytes, int, str]] = [
    ("a file without anything", "", 1, "empty"),
    ("a list", "- 1\n", 1, "is not of type 'object'"),
    ("not valid YAML", "schema: 2\nname: [\n", 3, "not valid YAML"),
    ("a tab for indentation", "schema: 2\nrules:\n\t- id: r\n", 3, "cannot start any token"),
    ("JSON that breaks off", '{\n"schema": 2,\n', 3, "not valid JSON"),
    ("no UTF-8", b"schema: 2\nname: \xff\n", 2, "not UTF-8"),
    ("a control character", "schema: 2\nname: a\x00b\n", 2, "character that YAML does not allow"),
    ("two documents", rule() + "---\nschema: 2\n", 7, "another document"),
    ("a field twice", "schema: 2\nname: a\nname: b\nrules: []\n", 3, "the field name occurs twice here"),
    ("a field twice in JSON", '{"schema": 2,\n "name": "a",\n "rules": [],\n "name": "b"}', 4, "occurs twice here"),
    ("a field twice in a rule", rule("any: [{attribute: toxicity, gte: 0.5}]", "    action: hold"), 7, "action occurs"),
    ("an unknown field", "schema: 2\nname: a\nrulez: []\n", 3, "there is no field rulez here"),
    ("an unknown field of a rule", rule("any: [{list: a}]", "    acton: hold"), 7, "there is no field acton"),
    ("an unknown field of a condition", rule("any: [{list: a, lte: 3}]"), 5, "there is no field lte"),
    ("an unknown field in schema 1", "schema: 1\nname: a\nrules: []\ntests: []\n", 4, "'tests' was unexpected"),
    ("not a number", rule("any: [{attribute: toxicity, gte: .nan}]"), 5, "not a number that a policy may contain"),
    ("an infinite number", rule("any: [{fact: links, gte: .inf}]"), 5, "not a number that a policy may contain"),
    (
        "a number that is too large",
        rule("any: [{fact: links, gte: 1e999}]"),
        5,
        "not a number that a policy may contain",
    ),
    ("NaN in JSON", '{"schema": 2,\n "name": "NaN",\n "audit_share": NaN, "rules": []}', 3, "NaN is not a number"),
    ("a number of many digits", rule(f"any: [{{fact: links, gte: {'9' * 5000}}}]"), 5, "at most 40 digits"),
    ("an anchor", "schema: 2\nname: &n a\nrules: []\n", 2, "anchors and aliases"),
    ("an alias bomb", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 1, "anchors and aliases"),
    ("a merge key", "schema: 2\n<<: {name: a}\nrules: []\n", 2, "merge keys"),
    ("a tag", "schema: 2\nname: !!python/object:os.system x\nrules: []\n", 2, "tags are not supported"),
    ("a name that is no word", "schema: 2\n1: a\n", 2, "the name of a field is a string"),
    ("brackets without end", "a: " + "[" * 500, 1, "nested over 30 deep"),
    ("brackets without end in JSON", '{"a":\n' + "[" * 100_000, 1, "nested over 30 deep"),
    ("a text for a number", rule('any: [{attribute: toxicity, gte: "0.5"}]'), 5, "is not of type 'number'"),
    ("a truth value for a number", rule("any: [{attribute: toxicity, gte: true}]"), 5, "is not of type 'number'"),
    ("a score above 1", rule("any: [{attribute: toxicity, gte: 1.01}]"), 5, "greater than the maximum of 1"),
    ("a range that is empty", rule("any: [{attribute: toxicity, gte: 0.9, lte: 0.1}]"), 5, "both at least 0.9"),
    ("a condition of no kind", rule("any: [{toxicity: 0.5}]"), 5, "a condition has one of attribute"),
    ("a condition that is a word", rule("any: [toxicity]"), 5, "a condition is an object"),
    ("conditions that are no list", rule("any: {attribute: toxicity, gte: 0.5}"), 5, "takes a list of 1 to 50"),
    ("no conditions", rule("all: []"), 5, "takes a list of 1 to 50"),
    ("all beside any", rule("all: [{list: a}], any: [{list: b}]"), 5, "one of all, any and not"),
    ("nested four deep", rule(f"not: {nested(4)}"), 5, "nest at most 3 deep"),
    ("a fact that there is not", rule("any: [{fact: colour, gte: 1}]"), 5, "'colour' is not one of"),
    ("a mark with a bound", rule("any: [{commenter: staff, gte: 1}]"), 5, "there is no field gte"),
    ("a goal of another form", rule("any: [{attribute: toxicity, goal: best recall}]"), 5, "a goal has the form"),
    ("an action that there is not", rule().replace("queue", "delete"), 6, "'delete' is not one of"),
    ("an id twice", rule() + "  - {id: r, when: {any: [{list: a}]}, action: hold}\n", 7, "used by an earlier rule"),
    ("a schema that there is not", "schema: 3\nname: a\nrules: []\n", 1, "there is no schema 3"),
    ("a test of nothing", rule() + "tests:\n  - {expect: queue}\n", 8, "either a text or scores"),
    ("two shares", rule() + "audit_share: 0.1\naudit: {share: 0.1}\n", 7, "the share is already given in audit"),
]


@pytest.mark.parametrize(("text", "line", "reason"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_what_is_wrong_with_a_file_is_named_by_line_and_reason(text: str | bytes, line: int, reason: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read_policy(text if isinstance(text, bytes) else text.encode()).policy()
    assert caught.value.line == line
    assert reason in caught.value.detail
    assert str(caught.value).startswith(f"line {line}: ")


def test_there_are_more_than_thirty_bad_files() -> None:
    assert len({one[0] for one in BAD}) == len(BAD) > 30


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(PolicyError, match="at most 1,048,576 bytes"):
        read_policy(b"#" * (MAX_FILE_BYTES + 1))


def test_yaml_and_json_of_one_policy_say_the_same() -> None:
    as_json = json.dumps(BUILT_IN_POLICY, indent=1).encode()
    as_yaml = b"# ours\nschema: 1\nname: Built in\naudit_share: 0.01\nrules:\n"
    as_yaml += b"- id: flag-toxic\n  action: queue\n  when:\n    any:\n"
    for one in BUILT_IN_POLICY["rules"][0]["when"]["any"]:
        as_yaml += f"    - {{attribute: {one['attribute']}, gte: {one['gte']}}}\n".encode()
    assert read_policy(as_json).body == read_policy(as_yaml).body == BUILT_IN_POLICY
    assert read_policy(as_yaml).line("/rules/0/when/any/2/gte") == 12
    assert read_policy(as_json.replace(b"\n ", b"\n\t")).body == BUILT_IN_POLICY


def test_words_that_older_yaml_takes_for_something_else_stay_words() -> None:
    text = b"a: no\nb: 2024-01-01\nc: 1_000\nd: 1:30\ne: on\nf: 1e3\ng: ~\nh: 0x1f\n"
    found = read_policy(text).body
    assert found == {
        "a": "no",
        "b": "2024-01-01",
        "c": "1_000",
        "d": "1:30",
        "e": "on",
        "f": 1000.0,
        "g": None,
        "h": "0x1f",
    }


# YAML has no names of over 1,024 signs, and JSON writes one character in up to twelve.
NAMES = st.text(max_size=80)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(NAMES, JSON, min_size=1, max_size=4), st.sampled_from([None, 1, "\t"]))
def test_any_json_is_read_as_json_reads_it(body: dict[str, object], indent: int | str | None) -> None:
    text = json.dumps(body, indent=indent)
    assert read_policy(text.encode()).body == json.loads(text)


@given(st.text() | st.binary())
def test_any_file_gives_a_document_or_one_policy_error_with_a_line(raw: str | bytes) -> None:
    line: int | None = 1
    try:
        read_policy(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass"))
    except PolicyError as error:
        line = error.line
    assert line

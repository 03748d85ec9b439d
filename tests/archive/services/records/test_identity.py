"""Who wrote a comment and when: what names nobody, and what an edit may not change."""
# ruff: noqa: DTZ001 - a time without a zone is one of the cases: it is in the source's own zone

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from archive.importers.placeholders import is_no_parent, names_nobody
from archive.importers.records import ArticleRecord, CommentRecord
from archive.models import Comment, Commenter, Source
from archive.services import RecordsRefusedError, comments_store
from archive.services.records.identity import Writer, same_time, same_writer

FERRY = ArticleRecord(external_id="a1", title="Ferry")
TEN = datetime(2020, 1, 2, 10, tzinfo=UTC)


def record(raw: str = "Late again.", **changes: Any) -> CommentRecord:
    said = {"external_id": "1", "article": FERRY, "commenter_name": "Ann", "created_at": TEN} | changes
    return CommentRecord(raw=raw, **said)


def taken(source: Source, *records: CommentRecord) -> list[str]:
    """Returns each outcome, of a rejected one the code."""
    outcomes = comments_store(source=source, records=records)
    return [each.problems[0].code if each.problems else each.outcome for each in outcomes]


@pytest.mark.parametrize(
    "name",
    [
        "Guest",
        " guest ",
        "ANONYMOUS",
        "[deleted]",
        "-1",
        "0",
        "\\N",
        "null",
        "???",
        "",
        "Misafir",
        "Ｇｕｅｓｔ",
        "0.0",
        "00",
        "-1.0",
        "(none)",
        "#N/A",
        "<NA>",
        "0" * 24,
    ],
)
def test_a_placeholder_names_nobody(name: str) -> None:
    assert names_nobody(name)


@pytest.mark.parametrize(
    "name", ["Ann", "Guesthouse", "7", "u-0", "O'Neill", "李", "😀", "anonymous_46f1", "0.5", "10", "007"]
)
def test_a_name_is_no_placeholder(name: str) -> None:
    assert not names_nobody(name)


@pytest.mark.parametrize("parent", ["0", "root", "null", "NULL", "\\N", "-1", "None", "", "0.0", "#N/A"])
def test_some_ids_are_no_parent(parent: str) -> None:
    assert is_no_parent(parent)
    assert not is_no_parent(f"c{parent}")


@pytest.mark.django_db
@pytest.mark.parametrize("placeholder", ["0", "-1", "anonymous", "\\N", "Guest", "null"])
def test_guests_who_share_a_placeholder_are_told_apart_by_name(source: Source, placeholder: str) -> None:
    names = ["Ann", "Ben", "Guest", ""]
    records = [
        record(external_id=str(n), commenter_external_id=placeholder, commenter_name=name)
        for n, name in enumerate(names)
    ]
    assert taken(source, *records) == ["created"] * 4
    rows = Comment.objects.order_by("pk").values_list("commenter__external_id", flat=True)
    assert list(rows) == ["name:ann", "name:ben", None, None]
    assert Commenter.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"commenter_name": "Ben"}, "other_author"),
        ({"created_at": TEN + timedelta(hours=1)}, "other_time"),
        ({"created_at": datetime(2020, 1, 2, 11)}, "other_time"),
        ({"article": ArticleRecord(external_id="a2")}, "other_article"),
    ],
)
@pytest.mark.parametrize("raw", ["Late again.", "Early."])
def test_another_writer_time_or_article_under_a_known_id_is_a_conflict(
    source: Source, raw: str, changes: dict[str, Any], code: str
) -> None:
    assert taken(source, record(), record(raw, **changes)) == ["created", code]
    assert taken(source, record(raw, **changes), record()) == [code, "unchanged"]
    assert Comment.objects.get().raw == "Late again."


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"commenter_name": ""},
        {"commenter_name": "Guest"},
        {"commenter_name": "  ANN "},
        {"commenter_name": "Ann", "commenter_external_id": "u7"},
        {"created_at": datetime(2020, 1, 2)},
        {"created_at": datetime(2020, 1, 2, 10)},
        {"created_at": TEN.astimezone(timezone(timedelta(hours=3)))},
    ],
)
def test_a_field_that_is_missing_or_less_precise_is_no_conflict(source: Source, changes: dict[str, Any]) -> None:
    assert taken(source, record(), record("Early.", **changes)) == ["created", "edited"]
    assert Comment.objects.get().created_at == TEN


@pytest.mark.django_db
def test_a_later_import_without_times_is_no_conflict(source: Source) -> None:
    taken(source, record())
    assert taken(source, record("Early.", created_at=None)) == ["edited"]


@pytest.mark.django_db
def test_a_new_name_under_the_same_commenter_id_is_no_conflict(source: Source) -> None:
    for key, other in (("u7", "u7"), ("user:7:Ann", "user:7:Ann Lee")):
        old = record(external_id=key, commenter_external_id=key)
        new = record("Early.", external_id=key, commenter_external_id=other, commenter_name="Ann Lee")
        assert taken(source, old, new) == ["created", "edited"]


@pytest.mark.django_db
def test_records_that_share_an_id_and_tell_neither_writer_nor_time_are_reported(source: Source) -> None:
    silent = [record(raw, commenter_name="", created_at=None) for raw in ("one", "one", "two")]
    assert taken(source, *silent) == ["created", "unchanged", "repeated_id"]
    # Another day's import of one of them is an edit: nothing speaks against it.
    assert taken(source, silent[2]) == ["edited"]


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [{"created_at": None}, {"external_id": "0"}, {"external_id": "null"}])
def test_a_writer_alone_and_an_id_that_is_none_make_no_edit_within_a_run(
    source: Source, changes: dict[str, Any]
) -> None:
    assert taken(source, record("one", **changes), record("two", **changes)) == ["created", "repeated_id"]


@pytest.mark.django_db
def test_a_run_of_several_calls_knows_the_ids_that_it_has_brought(source: Source) -> None:
    untimed: set[str] = set()
    first, second = (record(raw, commenter_name="", created_at=None) for raw in ("one", "two"))
    comments_store(source=source, records=[first], untimed=untimed)
    (outcome,) = comments_store(source=source, records=[second], untimed=untimed)
    assert outcome.problems[0].code == "repeated_id"


@pytest.mark.django_db
def test_a_caller_who_wants_all_or_nothing_gets_the_conflict_with_its_place(source: Source) -> None:
    comments_store(source=source, records=[record()])
    with pytest.raises(RecordsRefusedError) as refused:
        comments_store(
            source=source, records=[record(external_id="2"), record("x", commenter_name="Ben")], all_or_nothing=True
        )
    assert {at: each[0].field for at, each in refused.value.problems.items()} == {1: "commenter"}
    assert Comment.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "same"),
    [
        (datetime(2020, 1, 2, 10, 20, 30, tzinfo=UTC), True),
        (datetime(2020, 1, 2, 10, 20, tzinfo=UTC), True),
        (datetime(2020, 1, 2, 13, 20), True),
        (datetime(2020, 1, 2), True),
        (datetime(2020, 1, 2, 10, 21, tzinfo=UTC), False),
        (datetime(2020, 1, 2, 10, 20, 31, tzinfo=UTC), False),
        (datetime(2020, 1, 3), False),
    ],
)
def test_times_are_compared_at_the_precision_of_the_coarser_one(said: datetime, same: bool) -> None:
    stored = datetime(2020, 1, 2, 10, 20, 30, 123456, tzinfo=UTC)
    assert same_time(stored, said, "Europe/Istanbul") is same


def test_a_stored_placeholder_is_nobody_and_contradicts_nobody() -> None:
    assert same_writer(Writer("0", "Ann"), Writer("name:ben", "Ben"))
    assert not same_writer(Writer("u1", "Ann"), Writer("u2", "Ann"))
    assert not same_writer(Writer("u1", "Ann"), Writer("name:ben", "Ben"))

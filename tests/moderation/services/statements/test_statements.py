"""Statements of reasons: one for each kind of restriction, valid by the public form, once, with nothing personal."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from archive.models import Commenter, Source
from moderation.management.commands import export_statements
from moderation.models import Action, Decision, Ground, ReaderFlag, Reason, Review, Statement
from moderation.seeds import CATEGORIES, REASONS
from moderation.services.ledger.append import decision_row
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.review.mutes import commenter_mute
from moderation.services.statements import batches
from moderation.services.statements.batches import batch_next, batch_sent
from moderation.services.statements.build import SCHEMA, statement_of, statement_problem

CODES = [code for code, *_ in REASONS]


def rejected(review: Review, **said: Any) -> Decision:
    return decision_record(comment_id=review.comment_id, action=Action.REJECT, **said)


def stated() -> dict[int, dict[str, Any]]:
    """Returns the statements of all batches by decision; each batch is checked against the public form."""
    found = {}
    while batch := batch_next():
        jsonschema.validate({"statements": batch.statements}, json.loads(SCHEMA.read_text()))
        found |= {int(one["puid"].rpartition("-")[2]): one for one in batch.statements}
        batch_sent(number=batch.number)
    return found


@pytest.mark.parametrize("code", [*CODES, ""])
def test_a_moderators_rejection_is_stated_with_its_reasons_category(
    reviewed: Callable[..., Review], ada: User, code: str
) -> None:
    decision = rejected(reviewed(comment={"language": "en"}), actor=ada, reason=code)
    one = stated()[decision.pk]
    category, keyword = CATEGORIES.get(code, ("OTHER_VIOLATION_TC", ""))
    assert one["category"] == f"STATEMENT_CATEGORY_{category}"
    assert one.get("category_specification", []) == ([f"KEYWORD_{keyword}"] if keyword else [])
    illegal = code in {"threat", "hate", "illegal"}
    assert one["decision_ground"] == f"DECISION_GROUND_{'ILLEGAL' if illegal else 'INCOMPATIBLE'}_CONTENT"
    assert ("illegal_content_legal_ground" in one, "incompatible_content_ground" in one) == (illegal, not illegal)
    assert one["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert (one["automated_detection"], one["automated_decision"]) == ("Yes", "AUTOMATED_DECISION_NOT_AUTOMATED")
    assert (one["content_date"], one["content_language"], one["source_type"]) == (
        "2021-11-16",
        "EN",
        "SOURCE_VOLUNTARY",
    )
    assert one["puid"] == f"harbor-times-{decision.pk}"


def test_a_rule_that_rejects_is_stated_as_automated_and_a_key_as_partly(
    reviewed: Callable[..., Review], make_comment: Any
) -> None:
    review = reviewed("rejected", decided_by="policy")
    said = {"kind": "policy", "action": "reject", "from_state": "unscored", "to_state": "rejected"}
    automated = {"automated_detection": True, "automated_decision": True}
    by_rule = Decision.objects.create(**_columns(review, **said, **automated))
    by_key = rejected(reviewed(), api_key="site")
    found = stated()
    assert found[by_rule.pk]["automated_decision"] == "AUTOMATED_DECISION_FULLY"
    assert "toxicity 0.90" in found[by_rule.pk]["decision_facts"]
    assert "(flag-toxic) decided, without a person" in found[by_rule.pk]["decision_facts"]
    assert found[by_key.pk]["automated_decision"] == "AUTOMATED_DECISION_PARTIALLY"


def _columns(review: Review, **said: Any) -> dict[str, Any]:
    row = decision_row(comment=review.comment, review=review, **said)
    return {
        field.attname: getattr(row, field.attname) for field in Decision._meta.concrete_fields if field.name != "id"
    }


def test_a_mute_is_a_partial_suspension_with_its_end(commenter: Commenter, ada: User) -> None:
    until = timezone.now() + timedelta(days=7)
    decision = commenter_mute(commenter_id=commenter.pk, actor=ada, reason="spam", until=until).decision
    one = stated()[decision.pk]
    assert one["decision_provision"] == "DECISION_PROVISION_PARTIAL_SUSPENSION"
    assert one["end_date_service_restriction"] == until.date().isoformat()
    assert "decision_visibility" not in one


def test_a_comment_that_readers_had_reported_says_so(reviewed: Callable[..., Review], ada: User) -> None:
    before, after = reviewed(), reviewed()
    ReaderFlag.objects.create(comment=before.comment, reporter="informer", reason="insult", at=timezone.now())
    first, second = rejected(before, actor=ada), rejected(after, actor=ada)
    later = timezone.now() + timedelta(minutes=1)
    ReaderFlag.objects.create(comment=after.comment, reporter="informer", reason="insult", at=later)
    found = stated()
    assert found[first.pk]["source_type"] == "SOURCE_TYPE_OTHER_NOTIFICATION"
    assert found[second.pk]["source_type"] == "SOURCE_VOLUNTARY"
    assert "informer" not in str(found)


def test_no_name_no_text_and_no_note_is_in_a_statement(reviewed: Callable[..., Review], ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(username="zqmoderator")
    review = reviewed(comment={"text": "zqtext", "raw": "zqtext"})
    Commenter.objects.update(name="zqname", external_id="zqid")
    rejected(review, actor=ada, reason="insult", note="zqnote")
    assert "zq" not in str(stated())


def test_what_lifts_a_restriction_what_was_undone_and_what_an_import_brought_is_not_stated(
    reviewed: Callable[..., Review], ada: User
) -> None:
    decision_record(comment_id=reviewed().comment_id, action=Action.APPROVE, actor=ada)
    slip = rejected(reviewed(), actor=ada)
    decision_undo(decision_id=slip.pk, actor=ada)
    said = {"kind": "import", "action": "reject", "from_state": "unscored", "to_state": "rejected"}
    Decision.objects.create(**_columns(reviewed("rejected"), **said))
    assert stated() == {}


def test_each_decision_is_stated_once_in_files_of_a_hundred(
    reviewed: Callable[..., Review], ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH", 2)
    rows = [rejected(reviewed(), actor=ada) for _ in range(5)]
    run(tmp_path)
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == [f"statements-{number:06}.json" for number in (1, 2, 3)]
    contents = [json.loads(path.read_text())["statements"] for path in files]
    assert [len(one) for one in contents] == [2, 2, 1]
    assert [one["puid"] for content in contents for one in content] == [f"harbor-times-{row.pk}" for row in rows]
    assert Statement.objects.filter(sent_at__isnull=False).count() == 5
    run(tmp_path)
    assert len([*tmp_path.iterdir()]) == 3
    assert batches_default() == 100


def batches_default() -> int:
    return int(json.loads(SCHEMA.read_text())["properties"]["statements"]["maxItems"])


def test_a_run_that_died_before_its_file_was_whole_writes_the_same_file_again(
    reviewed: Callable[..., Review], ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rejected(reviewed(), actor=ada)

    def dies(**_: Any) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(export_statements, "batch_sent", dies)
        with pytest.raises(OSError, match="killed"):
            run(tmp_path)
    second = rejected(reviewed(), actor=ada)
    run(tmp_path)
    texts = {path.name: json.loads(path.read_text())["statements"] for path in tmp_path.iterdir()}
    assert {name: [one["puid"] for one in content] for name, content in texts.items()} == {
        "statements-000001.json": [f"harbor-times-{first.pk}"],
        "statements-000002.json": [f"harbor-times-{second.pk}"],
    }


def test_what_does_not_fit_the_form_is_told_and_tried_again_when_asked(
    reviewed: Callable[..., Review], ada: User, tmp_path: Path
) -> None:
    old = rejected(reviewed(comment={"created_at": datetime(1998, 5, 1, tzinfo=UTC)}), actor=ada)
    good = rejected(reviewed(), actor=ada)
    err = StringIO()
    with pytest.raises(CommandError, match="1 decisions have no statement"):
        call_command("export_statements", str(tmp_path), stdout=StringIO(), stderr=err)
    assert err.getvalue().startswith(f"decision {old.pk}: content_date: ")
    (file,) = tmp_path.iterdir()
    assert [one["puid"] for one in json.loads(file.read_text())["statements"]] == [f"harbor-times-{good.pk}"]
    type(old.comment)._default_manager.update(created_at=datetime(2001, 5, 1, tzinfo=UTC))
    run(tmp_path, "--again")
    assert len([*tmp_path.iterdir()]) == 2


def test_the_newsrooms_own_words_are_the_ground(reviewed: Callable[..., Review], ada: User) -> None:
    Reason.objects.filter(code="hate").update(legal_ground="§ 130 StGB", keyword="INCITEMENT_VIOLENCE_HATRED")
    decision = rejected(reviewed(), actor=ada, reason="hate")
    one = stated()[decision.pk]
    assert one["illegal_content_legal_ground"] == "§ 130 StGB"
    assert one["category_specification"] == ["KEYWORD_INCITEMENT_VIOLENCE_HATRED"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"category": "STATEMENT_CATEGORY_RUDE"}, "category"),
        ({"decision_facts": "x" * 5_001}, "decision_facts"),
        ({"puid": "a b"}, "puid"),
        ({"commenter": "Ann"}, "commenter"),
        ({"source_identity": "Ann"}, "source_identity"),
        ({"incompatible_content_explanation": None}, "incompatible_content_explanation"),
        ({"decision_visibility": ["DECISION_VISIBILITY_OTHER"]}, "decision_visibility_other"),
    ],
)
def test_the_form_refuses_what_the_public_database_would(
    reviewed: Callable[..., Review], ada: User, changes: dict[str, Any], field: str
) -> None:
    decision = rejected(reviewed(), actor=ada)
    one = statement_of(decision, reason=None, reported=False)
    assert statement_problem(one) == ""
    changed = {name: value for name, value in {**one, **changes}.items() if value is not None}
    assert field in statement_problem(changed)


def test_an_illegal_ground_needs_its_law_in_the_form(reviewed: Callable[..., Review], ada: User) -> None:
    one = statement_of(rejected(reviewed(), actor=ada, reason="hate"), reason=None, reported=False)
    assert Decision.objects.get().ground == Ground.ILLEGAL
    del one["illegal_content_legal_ground"]
    assert "illegal_content_legal_ground" in statement_problem(one)


def test_only_of_a_source_if_that_is_asked(reviewed: Callable[..., Review], ada: User, tmp_path: Path) -> None:
    rejected(reviewed(), actor=ada)
    Source.objects.create(slug="other", name="Other")
    run(tmp_path, "--source", "other")
    assert [*tmp_path.iterdir()] == []
    with pytest.raises(CommandError, match="is not a folder"):
        run(tmp_path / "none")


def test_the_command_ends_with_how_many_it_wrote(reviewed: Callable[..., Review], ada: User, tmp_path: Path) -> None:
    rejected(reviewed(), actor=ada)
    assert run(tmp_path).endswith("statements-000001.json: 1\nstatements written: 1\n")
    assert run(tmp_path) == "statements written: 0\n"


def run(folder: Path, *options: str) -> str:
    out = StringIO()
    call_command("export_statements", str(folder), *options, stdout=out)
    return out.getvalue()

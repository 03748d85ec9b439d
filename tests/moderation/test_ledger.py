"""The ledger cannot be changed, on either database, whatever the code above it does."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.core.management.sql import emit_post_migrate_signal
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.migrations import AlterField, Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

from archive.models import Comment
from moderation.checks import database_faults_log
from moderation.models import Decision, ledger

Act = Callable[[], object]


@pytest.fixture
def decision(make_comment: Callable[..., Comment]) -> Decision:
    return Decision.objects.create(
        comment=make_comment(), kind="person", action="approve", from_state="pending", to_state="approved", revision=1
    )


REPLACING = {
    "sqlite": [
        "PRAGMA recursive_triggers=OFF; REPLACE INTO {rows}",
        "PRAGMA recursive_triggers=OFF; INSERT OR REPLACE INTO {rows}",
        "PRAGMA recursive_triggers=OFF; INSERT INTO {rows} WHERE true ON CONFLICT DO UPDATE SET reason = 'other'",
        "PRAGMA recursive_triggers=ON; REPLACE INTO {rows}",
    ],
    "postgresql": ["INSERT INTO {rows} ON CONFLICT (id) DO UPDATE SET reason = 'other'"],
}


def test_a_row_of_the_ledger_cannot_be_replaced(decision: Decision) -> None:
    names = ", ".join(f'"{field.column}"' for field in Decision._meta.concrete_fields)
    other = names.replace('"reason"', "'other'")
    rows = f"moderation_decision ({names}) SELECT {other} FROM moderation_decision"  # noqa: S608
    for statements in REPLACING[connection.vendor]:
        *before, replace = statements.format(rows=rows).split("; ")
        with connection.cursor() as cursor:
            for pragma in before:
                cursor.execute(pragma)
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                cursor.execute(replace)
        assert Decision.objects.get(pk=decision.pk).reason == ""


@pytest.mark.parametrize("act", ["update", "delete"])
def test_a_row_of_the_ledger_cannot_be_changed_or_removed(decision: Decision, act: str) -> None:
    rows = Decision.objects.filter(pk=decision.pk)
    acts: dict[str, Act] = {
        "update": lambda: rows.update(reason="other"),
        "delete": lambda: rows._raw_delete("default"),
    }
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        acts[act]()
    assert rows.get().reason == ""


def test_the_ledger_cannot_be_emptied(decision: Decision) -> None:
    statement = {
        # Constraints first: rows written in this transaction would stop TRUNCATE before the trigger does.
        "postgresql": "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE moderation_decision CASCADE",
        "sqlite": "DELETE FROM moderation_decision",
    }[connection.vendor]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_a_check_says_when_a_trigger_is_missing() -> None:
    assert not [message for message in run_checks(databases=["default"]) if message.id == "moderation.E001"]
    ledger.remove_triggers(connection)
    found = [message for message in run_checks(databases=["default"]) if message.id == "moderation.E001"]
    assert len(found) == len(ledger.triggers_of(connection))
    ledger.install_triggers(connection)


@pytest.mark.django_db(transaction=True)
def test_migrate_mends_what_the_check_refuses_other_commands_for(caplog: pytest.LogCaptureFixture) -> None:
    ledger.remove_triggers(connection)
    with pytest.raises(SystemCheckError, match=r"moderation\.E001"):
        call_command("check", databases=["default"], stdout=StringIO(), stderr=StringIO())
    database_faults_log()
    assert [record.args[0] for record in caplog.records] == ["moderation.E001"] * len(ledger.triggers_of(connection))
    call_command("migrate", "--plan", skip_checks=False, verbosity=0, stdout=StringIO())
    assert ledger.missing_triggers(connection) != []
    call_command("migrate", skip_checks=False, verbosity=0, stdout=StringIO())
    assert ledger.missing_triggers(connection) == []


@pytest.mark.django_db(transaction=True)
def test_the_triggers_survive_a_rebuild_of_the_table_when_the_operation_follows() -> None:
    with connection.schema_editor() as editor:
        field = Decision._meta.get_field("reason")
        other = field.clone()
        other.max_length = 64
        other.set_attributes_from_name("reason")
        other.model = Decision
        editor.alter_field(Decision, field, other)
        editor.alter_field(Decision, other, field)
        state = ProjectState.from_apps(apps)
        ledger.InstallLedgerTriggers().database_forwards("moderation", editor, state, state)
    assert ledger.missing_triggers(connection) == []


@pytest.mark.django_db(transaction=True)
def test_the_ledger_is_guarded_again_after_a_later_migration_that_forgot_its_triggers() -> None:
    executor = MigrationExecutor(connection)
    state = executor.loader.project_state()
    wider = models.CharField(max_length=64, blank=True, default="")
    forwards = Migration("9999_wider_reason", "moderation")
    forwards.operations = [AlterField("decision", "reason", wider)]
    backwards = Migration("9999_narrow_reason", "moderation")
    backwards.operations = [AlterField("decision", "reason", Decision._meta.get_field("reason").clone())]
    for migration in (forwards, backwards):
        with connection.schema_editor(atomic=migration.atomic) as editor:
            state = migration.apply(state, editor)
        # What `migrate` sends when it is done.
        emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
        assert ledger.missing_triggers(connection) == []
    assert Decision._meta.get_field("reason").max_length == 32


@pytest.mark.django_db
@pytest.mark.parametrize("about", [{}, {"comment": True, "commenter": True}])
def test_a_row_is_about_a_comment_or_a_commenter_and_never_both_or_none(
    make_comment: Callable[..., Comment], about: dict[str, bool]
) -> None:
    comment = make_comment()
    rows = {"comment": comment, "commenter": comment.commenter}
    with pytest.raises(IntegrityError, match="decision_about_one"), transaction.atomic():
        Decision.objects.create(
            kind="person", action="mute", from_state="a", to_state="b", **{name: rows[name] for name in about}
        )

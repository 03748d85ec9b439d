"""The role of docs/how-to/deploy.md serves, and can do nothing to the ledger but append."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from archive.models import Comment
from moderation.models import Decision, Review
from moderation.services.ledger.export import decision_rows
from moderation.services.review.decisions import decision_record, decision_undo

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles"),
]
ROLE = "moderato_test_app"
GRANTS = (
    f"CREATE ROLE {ROLE}",
    f"GRANT USAGE ON SCHEMA public TO {ROLE}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE}",
    f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {ROLE}",
    f"REVOKE UPDATE, DELETE ON moderation_decision FROM {ROLE}",
)
REFUSED = (
    "UPDATE moderation_decision SET reason = 'other'",
    "DELETE FROM moderation_decision",
    "TRUNCATE moderation_decision CASCADE",
    "INSERT INTO moderation_decision SELECT * FROM moderation_decision ON CONFLICT (id) DO UPDATE SET reason = 'other'",
    "DROP TRIGGER moderation_decision_no_change ON moderation_decision",
    "ALTER TABLE moderation_decision DISABLE TRIGGER moderation_decision_no_change",
    "CREATE OR REPLACE FUNCTION moderation_decision_refuse() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "SET session_replication_role = replica",
    "DROP TABLE moderation_decision CASCADE",
    "SET ROLE postgres",
)


@pytest.fixture
def as_app(make_comment: Callable[..., Comment], make_review: Callable[..., Review]) -> Review:
    """A pending review, and from here on the restricted role, until the test's transaction is rolled back."""
    review = make_review(make_comment("A rude remark."), toxicity=0.9)
    with connection.cursor() as cursor:
        for statement in GRANTS:
            cursor.execute(statement)
        cursor.execute(f"SET LOCAL SESSION AUTHORIZATION {ROLE}")
    return review


def test_the_role_decides_undoes_and_exports(as_app: Review, admin_user: Any) -> None:
    assert isinstance(admin_user, User)
    row = decision_record(comment_id=as_app.pk, action="approve", actor=admin_user, note="seen")
    decision_undo(decision_id=row.pk, actor=admin_user)
    assert [row["action"] for row in decision_rows()] == ["approve", "undo"]


def test_the_role_appends_to_the_ledger_and_does_nothing_else_to_it(as_app: Review, admin_user: User) -> None:
    row = decision_record(comment_id=as_app.pk, action="approve", actor=admin_user)
    allowed = []
    for statement in REFUSED:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
            allowed.append(statement)
        except DatabaseError:
            continue
    assert allowed == []
    assert Decision.objects.get().pk == row.pk

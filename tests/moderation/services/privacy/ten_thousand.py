"""Times the export and the erasure of a commenter of 10,000 decided comments, on the DATABASE_URL it is given.

`DATABASE_URL=sqlite:////tmp/ten.sqlite3 python tests/moderation/services/privacy/ten_thousand.py` migrates, fills,
exports through `export_commenter`, erases through `erase_commenter`, and prints the seconds of each.
"""

import os
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
sys.path.insert(0, str(Path(__file__).resolve().parents[4]))
django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from archive.importers.records import ArticleRecord, CommentRecord  # noqa: E402
from archive.models import Comment, Commenter, Source  # noqa: E402
from archive.services import comments_store  # noqa: E402
from moderation.models import Decision, DecisionNote, ModelVersion, Review, Score  # noqa: E402
from moderation.services.ledger.append import text_seal  # noqa: E402

COUNT, CHUNK = 10_000, 500
WORDS = "the ferry was late again and nobody at the harbour said why, " * 4


def fill() -> Commenter:
    """Stores the comments with scores, reviews, decisions and notes."""
    source = Source.objects.create(slug="news", name="News")
    article, who = ArticleRecord(external_id="a1"), {"commenter_external_id": "u1", "commenter_name": "Ann"}
    model = ModelVersion.objects.create(name="compact", version=1, sha256="0" * 64)
    for first in range(0, COUNT, CHUNK):
        records = [
            CommentRecord(external_id=f"c{at}", article=article, raw=f"{at}: {WORDS}", **who)
            for at in range(first, first + CHUNK)
        ]
        ids = [one.comment_id for one in comments_store(source=source, records=records)]
        decide(list(Comment.objects.filter(pk__in=ids)), model)
    Comment.objects.update(taken_revision=1)
    return Commenter.objects.get()


def decide(comments: list[Comment], model: ModelVersion) -> None:
    """Gives each a score, a review and a decision with a note."""
    Score.objects.bulk_create(
        Score(comment=one, model=model, revision=1, text_hash=one.text_hash, toxicity=0.9) for one in comments
    )
    where = {"state": "rejected", "decided_by": "person", "decided_at": timezone.now(), "toxicity": 0.9}
    Review.objects.bulk_create(
        Review(
            comment=one,
            source_id=one.source_id,
            article_id=one.article_id,
            created_at=one.created_at,
            facts={"text_hash": one.text_hash, "near_hash": "0" * 16},
            **where,
        )
        for one in comments
    )
    said = {"kind": "person", "action": "reject", "from_state": "pending", "to_state": "rejected", "revision": 1}
    rows = Decision.objects.bulk_create(Decision(comment=one, text_seal=text_seal(one), **said) for one in comments)
    DecisionNote.objects.bulk_create(DecisionNote(decision=row, text="He says it again.") for row in rows)


def timed(*command: str) -> str:
    begun = time.perf_counter()
    out = StringIO()
    call_command(*command, stdout=out)
    print(f"{command[0]}: {time.perf_counter() - begun:.1f} s")  # noqa: T201
    return out.getvalue()


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    reader = fill()
    with tempfile.TemporaryDirectory() as folder:
        timed("export_commenter", str(reader.pk), "--output", f"{folder}/export")
        print(timed("erase_commenter", str(reader.pk), "--export", f"{folder}/export-first"))  # noqa: T201

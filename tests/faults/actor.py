"""A process of its own that posts and decides while others die: `setup URL COUNT`, `write FILE STOP SEED`.

Each line of FILE is what it was told after a commit: `comment ID` or `decision ID`.
"""

import hashlib
import os
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402

from archive.importers.records import ArticleRecord  # noqa: E402
from archive.models import Article, Comment, Source  # noqa: E402
from moderation.models import Review, State  # noqa: E402
from moderation.services.errors import ServiceError  # noqa: E402
from moderation.services.intake.ingest import CommentItem, comments_ingest  # noqa: E402
from moderation.services.model_versions import model_active  # noqa: E402
from moderation.services.review.decisions import decision_record  # noqa: E402
from moderation.services.webhooks.targets import webhook_target_create  # noqa: E402

WORDS = (
    *("the", "ministry", "ferry", "harbour", "vote", "nobody", "battery", "price"),
    *("calm", "editor", "idiot", "week", "bridge", "stupid", "letter", "rain"),
)
PAUSE_SECONDS = 0.15


def text(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(4, 40)))


def setup(url: str, count: str) -> None:
    """Stores what an import would have left, a moderator and a webhook target."""
    chance = random.Random(7)
    model_active()
    source = Source.objects.create(slug="harbor-times", name="Harbor Times", default_language="en")
    article = Article.objects.create(source=source, external_id="a1")
    User.objects.create_superuser("ada")
    webhook_target_create(url=url)
    rows = []
    for number in range(int(count)):
        said = text(chance)
        row = Comment(source=source, article=article, external_id=f"i{number}", raw=said, text=said)
        row.text_hash = hashlib.sha256(said.encode()).hexdigest()
        row.created_at = datetime(2021, 11, 16, tzinfo=UTC)
        rows.append(row)
    Comment.objects.bulk_create(rows, batch_size=1_000)


def write(file: str, stop: str, seed: str) -> None:
    """Posts and decides until the file STOP appears."""
    chance = random.Random(seed)
    with Path(file).open("a", encoding="ascii") as told:
        for turn in range(1_000_000):
            if Path(stop).exists():
                return
            try:
                lines = [*posted(chance, turn), *decided(chance)]
            except DatabaseError:
                connection.close()
                continue
            told.writelines(f"{line}\n" for line in lines)
            told.flush()
            time.sleep(PAUSE_SECONDS)


def posted(chance: random.Random, turn: int) -> list[str]:
    article = ArticleRecord(external_id="a1", title="Ferries")
    items = [
        CommentItem(source="harbor-times", external_id=f"p{turn}-{at}", article=article, raw=text(chance))
        for at in range(2)
    ]
    return [f"comment {one.comment_id}" for one in comments_ingest(items=items, allowed_sources=frozenset())]


def decided(chance: random.Random) -> list[str]:
    ada = User.objects.get(username="ada")
    open_ones = Review.objects.filter(state__in=[State.PENDING, State.PASSED]).values_list("pk", flat=True)[:20]
    lines = []
    for pk in chance.sample(list(open_ones), min(2, len(open_ones))):
        try:
            row = decision_record(comment_id=pk, action=chance.choice(["approve", "reject"]), actor=ada)
        except ServiceError:
            continue
        lines.append(f"decision {row.pk}")
    return lines


if __name__ == "__main__":
    {"setup": setup, "write": write}[sys.argv[1]](*sys.argv[2:])

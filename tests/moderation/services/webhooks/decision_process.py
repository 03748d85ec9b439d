"""A process of its own for tests of the ledger's way out: `decision_process.py MODE …`, on the DATABASE_URL it has."""

import json
import os
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from archive.models import Article, Comment, Source  # noqa: E402
from moderation.models import Review  # noqa: E402
from moderation.services.accounts.api_keys import api_key_create  # noqa: E402
from moderation.services.review.decisions import decision_record  # noqa: E402
from moderation.services.webhooks.targets import webhook_target_create  # noqa: E402

START = datetime(2021, 11, 16, tzinfo=UTC)


def fill(count: str, url: str = "") -> None:
    """Stores `count` pending comments, makes a webhook target where an address is given; prints a key."""
    source = Source.objects.create(slug="harbor-times", name="Harbor Times")
    article = Article.objects.create(source=source, external_id="a1")
    for number in range(int(count)):
        text = f"Remark {number}."
        comment = Comment.objects.create(
            source=source,
            article=article,
            external_id=f"c{number}",
            raw=text,
            text=text,
            text_hash="h",
            taken_revision=1,
            created_at=START + timedelta(seconds=number),
        )
        columns = {"source": source, "article": article, "created_at": comment.created_at, "state": "pending"}
        Review.objects.create(comment=comment, **columns)
    if url:
        webhook_target_create(url=url)
    sys.stdout.write(api_key_create(name="reader", scopes=["read"])[1])


def decide(part: str, parts: str) -> None:
    """Decides on every `parts`-th comment, in transactions that stay open for a while after the row is written."""
    chance = random.Random(int(part))  # noqa: S311 - pauses, not secrets
    ids = list(Review.objects.order_by("pk").values_list("pk", flat=True))
    for pk in ids[int(part) :: int(parts)]:
        with transaction.atomic():
            decision_record(comment_id=pk, action="escalate", api_key="writer")
            time.sleep(chance.random() * 0.005)


def follow(key: str, count: str, found: str) -> None:
    """Follows the feed with `?after=` until it has `count` rows; writes the ids of each answer as a line of JSON."""
    client = APIClient(SERVER_NAME="localhost")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    last, seen = 0, 0
    with Path(found).open("w") as file:
        while seen < int(count):
            rows = client.get("/api/v1/decisions/", {"after": last, "limit": 7}).json()["results"]
            ids = [row["id"] for row in rows]
            file.write(json.dumps(ids) + "\n")
            last, seen = (ids[-1] if ids else last), seen + len(ids)


def deliver(*options: str) -> None:
    """Runs deliver_webhooks."""
    call_command("deliver_webhooks", *options)


if __name__ == "__main__":
    {"fill": fill, "decide": decide, "follow": follow, "deliver": deliver}[sys.argv[1]](*sys.argv[2:])

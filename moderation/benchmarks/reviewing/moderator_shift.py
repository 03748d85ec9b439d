"""A process of `benchmark moderators`: fills a database, has moderators decide in it at once, or counts afterwards.

Most take the next comment that nobody holds. Every fifth reads a page of the queue and decides without holding, as
another system does through the API: they conflict with each other, and refusals are counted.
"""

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import F, Max
from django.utils import timezone

from archive.models import Article, Comment, Source
from moderation.models import Action, Decision, ModelVersion, PolicyVersion, QueueName, Review, Score, State
from moderation.services.errors import ServiceError
from moderation.services.review.decisions import decision_record
from moderation.services.review.holds import review_next
from moderation.services.states.version import VersionToken

PAGE = 25
HASTY_EVERY = 5
SEED = 20261207
START = datetime(2026, 1, 1, tzinfo=UTC)
ACTIONS = (Action.APPROVE, Action.REJECT, Action.ESCALATE, Action.HIGHLIGHT, Action.DEFER)
POLL_SECONDS = 0.01
TRIES = 20

Done = TypeVar("Done")


def main() -> None:
    """Runs `fill MODERATORS PENDING`, `work FIRST LAST FILE GO` or `count`."""
    name, *arguments = sys.argv[1:]
    modes: dict[str, Callable[..., None]] = {"fill": fill, "work": work, "count": count}
    modes[name](*arguments)


def fill(moderators: str, pending: str) -> None:
    """Migrates and stores moderators and pending comments with scores, seeded."""
    call_command("migrate", verbosity=0)
    User.objects.bulk_create(User(username=name_of(number)) for number in range(int(moderators)))
    source = Source.objects.create(slug="benchmark", name="Benchmark")
    article = Article.objects.create(source=source, external_id="a1")
    comments = Comment.objects.bulk_create(_comment(article, number) for number in range(int(pending)))
    model = ModelVersion.objects.create(name="compact", version=1, sha256="0" * 64)
    draw = random.Random(SEED)  # noqa: S311 - figures, no secrets
    scores = Score.objects.bulk_create(
        Score(comment=one, model=model, revision=1, text_hash=one.text_hash, toxicity=draw.random()) for one in comments
    )
    policy = PolicyVersion.objects.get(active=True)
    Review.objects.bulk_create(_review(score, policy) for score in scores)


def work(first: str, last: str, file: str, go: str) -> None:
    """Lets moderators `first` to `last` decide, each in a thread with a connection of its own, once `go` is there."""
    numbers = range(int(first), int(last))
    together = threading.Barrier(len(numbers) + 1)
    with ThreadPoolExecutor(len(numbers)) as pool:
        running = [pool.submit(_moderate, number, together) for number in numbers]
        Path(f"{file}.ready").touch()
        while not Path(go).exists():
            time.sleep(POLL_SECONDS)
        together.wait()
        done = [one.result() for one in running]
    figures = {
        "decided": {name_of(number): decided for number, (decided, _) in zip(numbers, done, strict=True)},
        "refused": sum(refused for _, refused in done),
        "ended": time.time(),
    }
    Path(file).write_text(json.dumps(figures), encoding="utf-8")


def count() -> None:
    """Prints as JSON what is wrong in the database after the work: each figure should be 0."""
    rows = Counter(Decision.objects.values_list("comment", flat=True))
    reviews = Review.objects.annotate(last=Max("comment__decisions"))
    led = dict(Decision.objects.values_list("pk", "to_state"))
    found = {
        "decided_twice": sum(times > 1 for times in rows.values()),
        "lost": Review.objects.count() - len(rows),
        "stuck": Review.objects.filter(state=State.PENDING).count(),
        "still_held": Review.objects.exclude(holder=None).count(),
        "unlike_the_ledger": sum(review.state != led.get(review.last) for review in reviews),  # type: ignore[attr-defined]
        "moved_otherwise": Review.objects.exclude(state_version=2).count(),
        "edited": Comment.objects.exclude(taken_revision=F("revision")).count(),
    }
    sys.stdout.write(json.dumps(found))


def name_of(number: int) -> str:
    """Returns the user name of a moderator."""
    return f"moderator-{number}"


def _comment(article: Article, number: int) -> Comment:
    return Comment(
        source_id=article.source_id,
        article=article,
        external_id=f"c{number}",
        raw=f"Comment {number}.",
        text=f"Comment {number}.",
        text_hash=f"{number:064x}",
        created_at=START + timedelta(seconds=number),
        taken_revision=1,
    )


def _review(score: Score, policy: PolicyVersion) -> Review:
    comment = score.comment
    return Review(
        comment=comment,
        source_id=comment.source_id,
        article_id=comment.article_id,
        created_at=comment.created_at,
        state=State.PENDING,
        flagged=True,
        risk=score.toxicity or 0.0,
        score=score,
        **score.columns(),
        policy=policy,
        verdict={"action": "queue", "rule": "flag-toxic", "flagged": True, "policy": 1, "reasons": []},
        facts={"text_hash": comment.text_hash},
    )


def _moderate(number: int, together: threading.Barrier) -> tuple[int, int]:
    """Returns how many comments the moderator decided on, and how often they were refused."""
    actor, draw = User.objects.get(username=name_of(number)), random.Random(number)  # noqa: S311 - figures
    together.wait()
    try:
        return (_by_page if number % HASTY_EVERY == HASTY_EVERY - 1 else _by_next)(actor, draw)
    finally:
        connection.close()


def _by_next(actor: User, draw: random.Random) -> tuple[int, int]:
    queue, decided, refused = Review.objects.for_view(QueueName.PENDING).order_by("-risk", "pk"), 0, 0
    while review := _tried(lambda: review_next(actor=actor, reviews=queue)):
        refused += not _decides(review.pk, review.state_version, actor, draw)
        decided += 1
    return decided - refused, refused


def _by_page(actor: User, draw: random.Random) -> tuple[int, int]:
    queue, decided, seen = Review.objects.for_view(QueueName.PENDING).order_by("risk", "pk"), 0, 0
    while page := list(queue.values_list("pk", "state_version")[:PAGE]):
        decided += sum(_decides(pk, version, actor, draw) for pk, version in page)
        seen += len(page)
    return decided, seen - decided


def _decides(pk: int, version: int, actor: User, draw: random.Random) -> bool:
    """Decides as a page does, on what was seen; returns False if that was refused."""
    action = draw.choice(ACTIONS)
    until = timezone.now() + timedelta(days=1) if action == Action.DEFER else None
    token = VersionToken(pk, 1, version)
    try:
        _tried(lambda: decision_record(comment_id=pk, action=action, actor=actor, until=until, expected=token))
    except ServiceError:
        return False
    return True


def _tried(act: Callable[[], Done]) -> Done:
    """Returns what `act` returns; tries again, as a person would, if the database was busy for too long."""
    for _ in range(TRIES - 1):
        try:
            return act()
        except OperationalError:
            connection.close()
    return act()

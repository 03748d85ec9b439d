"""A process of its own for tests that race and kill: `judge_process.py MODE …`, on the DATABASE_URL it is given.

Nothing is scored: comments have the scores that their verdicts need.
"""

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import count as counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402

from archive.models import Article, Comment, Source  # noqa: E402
from moderation.models import Claim, Review, Rollout, Score  # noqa: E402
from moderation.services.batch_scoring.chunk import ScoreRun  # noqa: E402
from moderation.services.batch_scoring.inference import Inference  # noqa: E402
from moderation.services.batch_scoring.options import ScoreReport  # noqa: E402
from moderation.services.model_versions import model_active, models_in_use  # noqa: E402
from moderation.services.policies.rollout.activation import policy_activate  # noqa: E402
from moderation.services.policies.versions import policy_create  # noqa: E402
from moderation.services.reversion import run  # noqa: E402
from moderation.services.review.decisions import decision_record  # noqa: E402

START = datetime(2021, 11, 16, tzinfo=UTC)
RULE = {"id": "r", "when": {"any": [{"attribute": "toxicity", "gte": 0.9}]}, "action": "reject"}
BODY = {"schema": 2, "name": "Racing", "rules": [RULE], "audit_share": 0}
HOT, CALM = 0.95, 0.1


def fill(count: str, every: str) -> None:
    """Stores `count` comments, of which each one in `every` is rejected by a policy that becomes active just now."""
    source = Source.objects.create(slug="harbor-times", name="Harbor Times")
    article, model = Article.objects.create(source=source, external_id="a1"), model_active()
    where = {"source": source, "article": article, "raw": "x", "text": "x", "text_hash": "x"}
    comments = Comment.objects.bulk_create(
        Comment(**where, external_id=f"c{number}", created_at=START + timedelta(seconds=number))
        for number in range(int(count))
    )
    scored = {"model": model, "revision": 1, "text_hash": "x", "language": "en"}
    Score.objects.bulk_create(
        Score(comment=comment, toxicity=CALM if at % int(every) else HOT, **scored)
        for at, comment in enumerate(comments)
    )
    policy_activate(version=policy_create(body=BODY, actor=None).version.version, actor=None)


def judge(first: str, step: str, go: str, times: str) -> None:
    """Judges each `step`th comment from the `first`, one by one, once `go` is there; writes from when to when."""
    ids = list(Comment.objects.order_by("pk").values_list("pk", flat=True))[int(first) :: int(step)]
    Path(f"{times}.ready").touch()
    while go and not Path(go).exists():
        time.sleep(0.001)
    began = time.time()
    for pk in ids:
        _batch([pk])
    Path(times).write_text(f"{began} {time.time()}")


def judge_all() -> None:
    """Judges all comments at once under a policy that is watched no longer, and decides on the first as a person."""
    Rollout.objects.update(effective_at=None)
    _batch(list(Comment.objects.values_list("pk", flat=True)))
    first = Review.objects.earliest("pk")
    decision_record(comment_id=first.pk, action="approve", api_key="test")


def _batch(ids: list[int]) -> None:
    models = models_in_use()
    Claim.objects.bulk_create(Claim(comment_id=pk, worker="me") for pk in ids)
    scoring = ScoreRun(Inference(None), models, True, "me", ScoreReport(models.label, active=True))  # type: ignore[arg-type]
    scoring.batch(scoring.load(ids))


def revert(chunk: str, killed_in: str) -> None:
    """Takes the rule back, `chunk` comments at a time; is killed before it commits the chunk of that number, from 0."""
    append, chunks = run.decisions_append, counter()

    def decisions_append(rows: Any) -> Any:
        appended = append(rows)
        if next(chunks) == int(killed_in):
            os.kill(os.getpid(), signal.SIGKILL)
        return appended

    run.CHUNK, run.decisions_append = int(chunk), decisions_append
    call_command("policy", "revert", "2", "r")


if __name__ == "__main__":
    modes = {"fill": fill, "judge": judge, "judge_all": judge_all, "revert": revert}
    modes[sys.argv[1]](*sys.argv[2:])

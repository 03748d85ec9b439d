"""The life of one reader's unique word in a real database: posted, scored, reported, decided on, sent out, erased.

`python canary_process.py WORD FOLDER` writes what metrics said to FOLDER/metrics and the export to FOLDER/export, which
the test deletes after it has found the word there. Logs and error reports go to standard error, as in production.
"""

import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
sys.path.insert(0, str(Path(__file__).resolve().parents[4]))
django.setup()

from django.contrib.admin.models import ADDITION, LogEntry  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.contenttypes.models import ContentType  # noqa: E402
from django.core.management import call_command  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from archive.models import Comment, Commenter  # noqa: E402
from moderation.models import Delivery  # noqa: E402
from moderation.services.accounts.api_keys import api_key_create  # noqa: E402
from moderation.services.review.mutes import commenter_mute  # noqa: E402
from moderation.services.review.standings import standing_begin  # noqa: E402
from moderation.services.webhooks.targets import webhook_target_create  # noqa: E402

SCOPES = ("read", "write", "analyze", "moderate", "privacy")


class Site(BaseHTTPRequestHandler):
    """The site that is told."""

    told: list[bytes] = []

    def do_POST(self) -> None:
        Site.told.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def client() -> APIClient:
    made = APIClient(raise_request_exception=False, SERVER_NAME="localhost")
    key = api_key_create(name="site", scopes=SCOPES, trusted_feedback=True)[1]
    made.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return made


def posted(api: APIClient, word: str, external_id: str, text: str) -> int:
    """Stores a comment of the reader and edits it, so that there is an earlier text."""
    who = {"external_id": f"user:7:{word}", "name": f"Ann {word}"}
    body = {"source": "news", "external_id": external_id, "article": {"external_id": "a1"}, "commenter": who}
    (made,) = answered(api.post("/api/v1/comments/", [{**body, "text": f"First {word}."}], format="json"), 201)
    answered(api.patch(f"/api/v1/comments/{made['id']}/", {"text": text}, format="json"), 200)
    return int(made["id"])


def answered(response: Any, status: int) -> Any:
    assert response.status_code == status, (response.status_code, response.content)
    return response.json() if response.content else None


def lived(api: APIClient, word: str) -> None:
    """Fills every table that a reader's words get into."""
    answered(api.post("/api/v1/sources/", {"slug": "news", "name": "News"}, format="json"), 201)
    pk = posted(api, word, "c1", f"You are a stupid idiot, {word}, and everybody hates you.")
    other = posted(api, word, "c2", f"Fine, {word}.")
    call_command("score_comments", verbosity=0)
    flag = {"reporter": f"user:7:{word}", "reason": "insult"}
    answered(api.post(f"/api/v1/comments/{other}/flags/", flag, format="json"), 201)
    decision = {"action": "reject", "reason": "insult", "note": f"Calls people {word}."}
    answered(api.post(f"/api/v1/comments/{pk}/decisions/", decision, format="json"), 201)
    assert api.get("/api/v1/comments/", {"q": word}).json()["results"]
    suggested(api, word)
    noted(word)
    failed(api, word)


def suggested(api: APIClient, word: str) -> None:
    """Has the text scored without storing it, and suggests scores for it, with the id that links it and without."""
    scores = {"TOXICITY": {"summaryScore": {"value": 1}}}
    text = {"text": f"Fine, {word}."}
    asked = {"comment": text, "requestedAttributes": {"TOXICITY": {}}, "doNotStore": True, "languages": ["en"]}
    answered(api.post("/v1alpha1/comments:analyze", asked, format="json"), 200)
    for token in ("comment:c2", "unknown"):
        said = {"comment": text, "attributeScores": scores, "clientToken": token}
        answered(api.post("/v1alpha1/comments:suggestscore", said, format="json"), 200)


def noted(word: str) -> None:
    """What colleagues wrote about the reader."""
    grace, reader = User.objects.create_superuser("grace"), Commenter.objects.get()
    commenter_mute(commenter_id=reader.pk, actor=grace, reason="spam")
    standing = standing_begin(commenter=reader, kind="staff", note=f"Knows {word}.", actor=grace)
    assert standing.note
    kind = ContentType.objects.get_for_model(Commenter)
    entry = {"user": grace, "content_type": kind, "object_id": str(reader.pk), "object_repr": str(reader)}
    LogEntry.objects.create(**entry, action_flag=ADDITION, change_message=f"Renamed {word}.")


def failed(api: APIClient, word: str) -> None:
    """Ends in an error report while the words are at hand."""
    with mock.patch(
        "moderation.api.views.discussion.comments.comments_ingest", side_effect=RuntimeError("the disk is full")
    ):
        body = {"source": "news", "external_id": "c3", "article": {"external_id": "a1"}, "text": word}
        answered(api.post("/api/v1/comments/", body, format="json"), 500)


def main(word: str, folder: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api = client()
    webhook_target_create(url=f"http://127.0.0.1:{server.server_address[1]}/")
    lived(api, word)
    reader = Commenter.objects.get()
    call_command("erase_commenter", str(reader.pk), "--export", str(folder / "export"))
    call_command("deliver_webhooks")
    kinds = [told for told in Site.told if b'"comment.erased"' in told or b'"commenter.erased"' in told]
    assert len(kinds) == 3, Site.told
    assert not Delivery.objects.open().exists()
    assert Comment.objects.filter(erased_at=None).count() == 0
    (folder / "metrics").write_bytes(api.get("/api/v1/metrics/").content)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

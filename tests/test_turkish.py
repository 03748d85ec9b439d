"""The Turkish catalogue is whole, right and compiled, and pages are Turkish where the reader asks for it."""

from __future__ import annotations

import gettext
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import translation

from archive.models import Comment
from moderation.models import ModelVersion, PolicyVersion, Review, Score

ROOT = Path(settings.BASE_DIR)
FOLDER = Path("locale", "tr", "LC_MESSAGES")
SOURCES = ("archive", "config", "moderation")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@dataclass
class Entry:
    """One message of a catalogue: its lines by keyword (msgid, msgid_plural, msgstr, msgstr[0], …)."""

    flags: str = ""
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(self.parts.get(name, "") for name in ("msgctxt", "msgid", "msgid_plural"))

    @property
    def translations(self) -> list[str]:
        return [text for name, text in self.parts.items() if name.startswith("msgstr")]


def entries(path: Path) -> Iterator[Entry]:
    """Yields the messages of a .po file, without its header and without those that are no longer used."""
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        entry, keyword = Entry(), ""
        for line in block.splitlines():
            if line.startswith("#,"):
                entry.flags += line
            named = re.match(r"(msg\w+(?:\[\d\])?) (\".*\")", line)
            keyword = named.group(1) if named else keyword
            quoted = named.group(2) if named else line
            if quoted.startswith('"'):
                entry.parts[keyword] = entry.parts.get(keyword, "") + quoted[1:-1]
        if entry.parts.get("msgid"):
            yield entry


def tool(name: str, missing: Callable[[str], None]) -> str:
    path = shutil.which(name)
    if path is None:
        missing(f"{name} (gettext)")
    return str(path)


CATALOGUE = list(entries(ROOT / FOLDER / "django.po"))


def test_every_message_is_translated_and_none_is_a_guess() -> None:
    assert len(CATALOGUE) > 300
    assert [one.key for one in CATALOGUE if not all(one.translations) or not one.translations] == []
    assert [one.key for one in CATALOGUE if "fuzzy" in one.flags] == []


def test_translations_have_the_placeholders_of_their_messages() -> None:
    def of(text: str) -> list[str]:
        return sorted(PLACEHOLDER.findall(text))

    wrong = [
        (one.key, text)
        for one in CATALOGUE
        for text in one.translations
        if of(text) not in (of(one.parts["msgid"]), of(one.parts.get("msgid_plural", one.parts["msgid"])))
    ]
    assert wrong == []


def test_messages_that_end_like_a_sentence_do_so_in_turkish_too() -> None:
    wrong = [one.key for one in CATALOGUE for text in one.translations if one.parts["msgid"][-1:] == "." != text[-1:]]
    assert wrong == []


def test_the_catalogue_has_every_message_of_the_code_and_no_other(
    tmp_path: Path, missing: Callable[[str], None]
) -> None:
    tool("xgettext", missing)
    for name in SOURCES:
        ignored = shutil.ignore_patterns("__pycache__", "*.bin", "*.xml", "*.json", "static")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "manage.py", tmp_path / "manage.py")
    (tmp_path / "locale").mkdir()
    command = ["makemessages", "--locale", "tr", "--no-wrap", "--no-location", "--verbosity", "0"]
    code = "import sys; from django.core.management import execute_from_command_line as run; run(sys.argv)"
    subprocess.run([sys.executable, "-c", code, *command], cwd=tmp_path, check=True, capture_output=True)
    found = {one.key for one in entries(tmp_path / FOLDER / "django.po")}
    hint = "run: manage.py makemessages -l tr --no-wrap --no-location (see docs/how-to/develop.md), translate, compile"
    assert {one.key for one in CATALOGUE} == found, hint


def test_the_compiled_catalogue_is_that_of_the_text(tmp_path: Path, missing: Callable[[str], None]) -> None:
    compiled = tmp_path / "django.mo"
    command = [tool("msgfmt", missing), "--check-format", "-o", str(compiled), str(ROOT / FOLDER / "django.po")]
    subprocess.run(command, check=True, capture_output=True)

    def read(path: Path) -> Any:
        with path.open("rb") as file:
            return gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]

    assert read(ROOT / FOLDER / "django.mo") == read(compiled), "run: manage.py compilemessages"


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """Leaves the thread as it was: a request's language stays active after it, for the tests that come next too."""
    yield
    translation.deactivate()


@pytest.fixture
def moderator(db: None) -> Client:
    """A moderator whose browser asks for Turkish."""
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.set(Group.objects.filter(name="senior"))
    client = Client(headers={"Accept-Language": "tr-TR,tr;q=0.9,en;q=0.5"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def review(make_comment: Callable[..., Comment]) -> Review:
    comment = make_comment("Kötü bir yorum.", taken_revision=1)
    model = ModelVersion.objects.create(name="compact", version=1, sha256="0" * 64, active=True)
    columns = {"model": model, "revision": 1, "text_hash": comment.text_hash, "language": "tr"}
    score = Score.objects.create(comment=comment, toxicity=0.75, **columns)
    reasons = [{"attribute": "toxicity", "score": 0.75, "threshold": 0.5}]
    return Review.objects.create(
        comment=comment,
        source=comment.source,
        article=comment.article,
        score=score,
        created_at=comment.created_at,
        state="pending",
        flagged=True,
        risk=1.75,
        policy=PolicyVersion.objects.get(active=True),
        verdict={"action": "queue", "flagged": True, "rule": "flag-toxic", "policy": 1, "reasons": reasons},
        facts={"text_hash": comment.text_hash},
    )


def shown(client: Client, name: str, *arguments: Any) -> str:
    response = client.get(reverse(f"desk:{name}", args=arguments))
    assert response.status_code == 200
    assert response["Content-Language"] == "tr"
    page = response.content.decode()
    assert '<html lang="tr"' in page
    return page


def test_a_queue_is_turkish_with_its_dates_and_numbers(moderator: Client, review: Review) -> None:
    page = shown(moderator, "queue", "pending")
    lists, acts = ("İnceleme bekleyenler", "Okurların bildirdikleri"), ("Onayla", "Reddet")
    for words in (*lists, *acts, "toksisite", "okurlar bu yorumları görüyor"):
        assert words in page, words
    assert "16 Kas 2021 12:01" in page
    assert "0,75" in page
    assert "0.75" not in page


def test_a_comment_its_reasons_and_the_keys_are_turkish(moderator: Client, review: Review) -> None:
    page = shown(moderator, "comment", review.pk)
    reason = "Hakaret ya da kişisel saldırı"
    for words in ("Yorum #", reason, "Üst incelemeye gönder", "Ertele", "Neden burada", "Eşik"):
        assert words in page, words
    assert "16 Kasım 2021" in page
    for english in (">Approve", ">Reject", ">Why it is here", ">Keys<"):
        assert english not in page, english


@pytest.mark.parametrize("name", ["batch", "settings"])
def test_the_other_pages_are_turkish(moderator: Client, review: Review, name: str) -> None:
    page = shown(moderator, name)
    assert "Kuyruklar" in page


def test_an_act_is_told_in_turkish(moderator: Client, review: Review) -> None:
    address = reverse("desk:comment", args=[review.pk])
    body = {"act": "approve", "seen": f"{review.pk}.1.{review.state_version}"}
    page = moderator.post(address, body, follow=True).content.decode()
    assert f"Yorum #{review.pk}: onaylandı." in page
    refused = moderator.post(address, body)
    assert refused.status_code in {409, 412}
    assert "Yorum" in refused.content.decode()


def test_numbers_are_grouped_as_the_language_groups_them() -> None:
    from moderation.templatetags.moderation_desk import grouped, two

    with translation.override("tr"):
        assert (grouped(12345), two(0.5)) == ("12.345", "0,50")
    with translation.override("en"):
        assert (grouped(12345), two(0.5)) == ("12,345", "0.50")

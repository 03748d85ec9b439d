"""Word lists in the admin: entries are added and removed one by one, each change as a version by the person."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from moderation.admin.rules import word_lists
from moderation.models import WordList, WordListEntry, WordListVersion
from moderation.services.word_lists.entries import Entry
from moderation.services.word_lists.lists import Author, word_list_create

pytestmark = pytest.mark.django_db
ADD, ALL = (reverse(f"admin:moderation_wordlistentry_{name}") for name in ("add", "changelist"))


@pytest.fixture
def slurs():
    word_list_create(name="slurs", entries=[Entry("blorg", "de")], author=Author())
    return WordList.objects.get()


def filled(slurs, **fields):
    return {"list": slurs.pk, "term": "blorg", "language": "", "match": "word", "note": "", **fields}


def test_an_entry_is_added_as_a_version_and_logged_as_itself(admin_client, slurs):
    assert admin_client.post(ADD, filled(slurs, language="en", note="seen")).status_code == 302
    version, entry = WordListVersion.objects.first(), WordListEntry.objects.get(language="en")
    assert (version.version, version.added, version.author.username) == (2, 1, "admin")
    assert (entry.added_in, entry.who, entry.note) == (2, "admin", "seen")
    assert LogEntry.objects.get().object_id == str(entry.pk)


def test_an_entry_that_is_there_already_changes_nothing_and_is_the_one_that_is_logged(admin_client, slurs):
    word_list_create(name="others", entries=[Entry("blorg", "de"), Entry("blorg", "en")], author=Author())
    others = WordList.objects.get(name="others")
    assert admin_client.post(ADD, filled(others, language="de")).status_code == 302
    assert WordListVersion.objects.filter(list=others).count() == 1
    assert LogEntry.objects.get().object_id == str(WordListEntry.objects.get(list=others, language="de").pk)


def test_what_is_wrong_with_an_entry_is_told_at_its_field(admin_client, slurs):
    page = admin_client.post(ADD, filled(slurs, match="stem", term="..."))
    assert page.status_code == 200
    assert set(page.context["adminform"].form.errors) == {"term", "language"}
    assert WordListVersion.objects.count() == 1


def test_a_list_that_is_full_takes_no_more(admin_client, slurs, monkeypatch):
    monkeypatch.setattr(word_lists, "MAX_ENTRIES", 1)
    page = admin_client.post(ADD, filled(slurs, term="other"))
    assert page.status_code == 200
    assert "A list has at most 1 entries." in page.content.decode()
    assert WordListVersion.objects.count() == 1


def test_selected_entries_are_removed_as_one_version_of_each_list(admin_client, slurs):
    word_list_create(name="others", entries=[Entry("a"), Entry("b")], author=Author())
    chosen = list(WordListEntry.objects.exclude(term="b").values_list("pk", flat=True))
    admin_client.post(ALL, {"action": "remove_selected", "_selected_action": chosen})
    assert list(WordListEntry.objects.filter(removed_in=None).values_list("term", flat=True)) == ["b"]
    removed = WordListVersion.objects.filter(version=2).values_list("list__name", "removed")
    assert dict(removed) == {"slurs": 1, "others": 1}


def test_whoever_is_limited_to_sources_reads_and_writes_none(staff, slurs, source):
    limited = staff("senior", source)
    assert limited.post(ADD, filled(slurs, term="other")).status_code == 403
    assert limited.get(ALL).status_code == 200
    assert WordListVersion.objects.count() == 1

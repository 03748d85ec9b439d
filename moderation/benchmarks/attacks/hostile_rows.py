"""What `benchmark hostile` needs in its scratch database: two sessions, and comments made to be slow to read.

`hostile_rows sessions` prints the cookies of a reader and of an attacker, both moderators; `hostile_rows bombs N` gives
N pending comments the texts that were slowest for a pattern of abusive words, and prints their ids.
"""

import json
import sys
from itertools import cycle

from django.contrib.auth.models import Group, User

from archive.models import Comment
from moderation.benchmarks.reviewing.desk_pages import client_of
from moderation.models import ModelVersion, Review, State

READER, ATTACKER = "everywhere", "attacker"
BOMBS = ("c" + "." * 84, "s" + "*" * 84, "!" * 100_000, "fuck" * 25_000, "s.h.i.t " * 12_000)


def main() -> None:
    """Does what the first argument says, and prints JSON."""
    json.dump(session_keys() if sys.argv[1] == "sessions" else bombs(int(sys.argv[2])), sys.stdout)


def session_keys() -> list[str]:
    """Returns a reader's and an attacker's session cookies; a real model takes over from that of the drawn scores."""
    ModelVersion.objects.update(active=False)
    attacker = User.objects.create_user(ATTACKER, is_staff=True)
    attacker.groups.set(Group.objects.filter(name="moderator"))
    return [client_of(name).cookies["sessionid"].value for name in (READER, ATTACKER)]


def bombs(count: int) -> list[int]:
    """Gives the most urgent pending comments such texts and returns their ids."""
    pending = Review.objects.filter(state=State.PENDING).order_by("-risk")[:count]
    ids = list(pending.values_list("comment_id", flat=True))
    for pk, text in zip(ids, cycle(BOMBS), strict=False):
        Comment.objects.filter(pk=pk).update(text=text)
    return ids

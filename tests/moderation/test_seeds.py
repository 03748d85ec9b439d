"""Roles: what each group may, and that a later migration adds to it without giving back what was taken; the policy."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType

from archive.models import Source
from moderation.models import PolicyVersion, Review
from moderation.policies import BUILT_IN_POLICY, policy_sha256
from moderation.seeds import BUILT_IN_NOTE, ROLES, renew_policy, seed_roles
from moderation.services.accounts.source_limits import user_sources

pytestmark = pytest.mark.django_db
# The first role that has each permission; the later ones have it too.
FIRST = {
    "archive.view_comment": "viewer",
    "moderation.view_review": "viewer",
    "moderation.view_mute": "viewer",
    "moderation.analyze": "viewer",
    "moderation.decide": "moderator",
    "moderation.mute": "moderator",
    "moderation.change_policy": "senior",
    "moderation.activate_policy": "senior",
    "moderation.automate_policy": "administrator",
    "moderation.undo_others": "senior",
    "moderation.change_reason": "administrator",
    "moderation.change_apikey": "administrator",
    "archive.change_source": "administrator",
    "auth.add_user": "administrator",
    "auth.change_user": "administrator",
}
NAMES = [name for name, _ in ROLES]


@pytest.mark.parametrize("role", NAMES)
def test_a_role_has_its_permissions_and_those_of_the_roles_below_it(role: str) -> None:
    user = User.objects.create_user("ada")
    user.groups.add(Group.objects.get(name=role))
    may = {name for name in FIRST if user.has_perm(name)}
    assert may == {name for name, first in FIRST.items() if NAMES.index(first) <= NAMES.index(role)}
    assert not user.has_perm("auth.delete_user")
    assert not user.has_perm("auth.change_group")


def test_a_permission_that_is_new_is_given_and_one_that_was_taken_is_not_given_back() -> None:
    moderator = Group.objects.get(name="moderator")
    moderator.permissions.remove(Permission.objects.get(codename="mute"))
    Permission.objects.filter(codename="decide").delete()
    seed_roles(apps)
    names = set(moderator.permissions.values_list("codename", flat=True))
    assert "decide" in names
    assert "mute" not in names


def test_a_permission_of_the_operators_own_is_not_touched() -> None:
    own = Permission.objects.create(
        codename="mark", name="Can mark", content_type=ContentType.objects.get_for_model(Review)
    )
    viewer = Group.objects.get(name="viewer")
    viewer.permissions.add(own)
    seed_roles(apps)
    assert own in viewer.permissions.all()


def test_a_user_without_a_limit_or_without_a_row_has_every_source(
    limited_to: Callable[..., User], source: Source, elsewhere: Source
) -> None:
    assert user_sources(None) == user_sources(User.objects.create_user("ada")) == user_sources(limited_to())
    assert user_sources(limited_to(source, elsewhere)) == {source.pk, elsewhere.pk}


def older_policy(**changed: object) -> None:
    body = {**BUILT_IN_POLICY, "audit_share": 0.5}
    fields = {"body": body, "sha256": policy_sha256(body), "note": BUILT_IN_NOTE, **changed}
    PolicyVersion.objects.update(**fields)


def test_an_older_built_in_policy_is_renewed() -> None:
    older_policy()
    renew_policy(apps)
    active = PolicyVersion.objects.get(active=True)
    assert (active.version, active.body) == (2, BUILT_IN_POLICY)
    renew_policy(apps)
    assert PolicyVersion.objects.count() == 2


def test_several_built_in_policies_are_followed_by_today_s() -> None:
    older_policy()
    renew_policy(apps)
    PolicyVersion.objects.filter(version=2).update(sha256="0" * 64)
    renew_policy(apps)
    assert PolicyVersion.objects.get(active=True).version == 3
    assert PolicyVersion.objects.filter(active=True).count() == 1


def test_a_policy_that_somebody_wrote_is_kept() -> None:
    older_policy(note="Ours.")
    renew_policy(apps)
    assert PolicyVersion.objects.get().body["audit_share"] == 0.5

"""Keys and users in the admin: what is never shown, and what can be taken away."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from archive.models import Source
from moderation.models import ApiKey, Moderator
from moderation.services.accounts.api_keys import api_key_authenticate, api_key_create

KEYS = "admin:moderation_apikey_changelist"


@pytest.fixture
def key(db):
    return api_key_create(name="news/site 1", scopes=["read"])


def revoke_address(key):
    return reverse("admin:moderation_apikey_revoke", args=[key.name.replace("/", "_2F")])


def test_neither_a_secret_nor_a_digest_is_on_the_page(admin_client, key):
    row, secret = key
    page = admin_client.get(reverse(KEYS)).content.decode()
    assert row.name in page
    for hidden in (row.digest, row.digest[:16], row.token_key, secret):
        assert hidden not in page


@pytest.mark.parametrize("lookup", ["digest__startswith", "token_key", "token_key__startswith", "pk__startswith"])
def test_a_digest_cannot_be_guessed_through_the_address(admin_client, key, lookup):
    assert admin_client.get(reverse(KEYS), {lookup: "a"}).status_code == 400


def test_a_key_is_revoked_after_a_question(admin_client, key):
    row, secret = key
    address = revoke_address(row)
    assert address in admin_client.get(reverse(KEYS)).content.decode()
    assert "cannot be brought back" in admin_client.get(address).content.decode()
    assert api_key_authenticate(token=secret)
    page = admin_client.post(address, follow=True).content.decode()
    assert "is revoked" in page
    assert api_key_authenticate(token=secret) is None


def test_a_revocation_is_logged_without_the_digest(admin_client, admin_user, key):
    admin_client.post(revoke_address(key[0]))
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_repr, entry.object_id) == (admin_user, "news/site 1", None)
    assert admin_client.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "moderator", "senior"])
def test_only_an_administrator_revokes(staff, key, role):
    client = staff(role)
    assert client.get(revoke_address(key[0])).status_code == 403
    assert client.post(revoke_address(key[0])).status_code == 403
    assert ApiKey.objects.get().revoked_at is None
    assert staff("administrator").post(revoke_address(key[0])).status_code == 302


def test_revoking_asks_for_a_key_that_is_there(admin_client):
    assert admin_client.get(reverse("admin:moderation_apikey_revoke", args=["none"])).status_code == 404


def test_a_user_is_limited_to_sources(admin_client, source):
    user = User.objects.create_user("mina")
    north = Source.objects.create(slug="north", name="North")
    address = reverse("admin:auth_user_change", args=[user.pk])
    form = {
        "username": "mina",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "moderator-TOTAL_FORMS": 1,
        "moderator-INITIAL_FORMS": 0,
        "moderator-0-sources": [source.pk, north.pk],
        "moderator-0-user": user.pk,
    }
    assert admin_client.post(address, form).status_code == 302
    assert set(Moderator.objects.get(user=user).sources.all()) == {source, north}


def test_users_are_never_deleted(admin_client, django_user_model):
    user = django_user_model.objects.create_user("mina")
    assert admin_client.post(reverse("admin:auth_user_delete", args=[user.pk]), {"post": "yes"}).status_code == 403
    assert "delete_selected" not in admin_client.get(reverse("admin:auth_user_changelist")).content.decode()


def test_a_new_user_is_added_without_a_limit(admin_client):
    page = admin_client.get(reverse("admin:auth_user_add")).content.decode()
    assert "moderator-TOTAL_FORMS" not in page


USERS = "/admin/auth/user/"


def test_an_administrator_manages_users_and_gives_roles(staff):
    client, user = staff("administrator"), User.objects.create_user("ada")
    assert client.get(f"{USERS}{user.pk}/change/").status_code == 200
    form = {"username": "ada", "is_active": "on", "is_staff": "on", "groups": [Group.objects.get(name="senior").pk]}
    when = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    limit = {"moderator-TOTAL_FORMS": 0, "moderator-INITIAL_FORMS": 0}
    stolen = {"is_superuser": "on", "user_permissions": [Permission.objects.get(codename="undo_others").pk]}
    assert client.post(f"{USERS}{user.pk}/change/", form | when | limit | stolen).status_code == 302
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser, user.user_permissions.count()) == (True, False, 0)
    assert user.groups.get().name == "senior"


def test_an_administrator_does_not_change_a_superuser(staff):
    root = User.objects.create_superuser("root")
    for page in ("change", "password"):
        answer = staff("administrator").post(f"{USERS}{root.pk}/{page}/", {"password1": "x", "password2": "x"})
        assert answer.status_code == 403


def test_who_may_not_revoke_keys_does_not_see_which_there_are(staff, key):
    for role in ("viewer", "moderator", "senior"):
        assert staff(role).get(reverse(KEYS)).status_code == 403
    assert key[0].name in staff("administrator").get(reverse(KEYS)).content.decode()


@pytest.mark.parametrize("role", ["viewer", "moderator", "senior"])
def test_no_other_role_manages_users(staff, role):
    assert staff(role).get(f"{USERS}add/").status_code == 403

"""The initial data of every installation: roles, reasons, and the built-in policy as version 1."""

from collections.abc import Mapping
from typing import Any

from django.apps import apps as installed
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Permission
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from moderation.policies import BUILT_IN_POLICY, policy_sha256

REASONS = (
    ("insult", "Insult or personal attack", "terms"),
    ("threat", "Threat", "illegal"),
    ("hate", "Hatred against a group", "illegal"),
    ("sexual", "Sexual content", "terms"),
    ("spam", "Spam or advertising", "terms"),
    ("off_topic", "Off topic", "terms"),
    ("private_data", "Private data of a person", "terms"),
    ("illegal", "Other illegal content", "illegal"),
    ("other", "Other", "terms"),
)
# Reason → category and keyword in statements of reasons; the others have the default.
CATEGORIES = {
    "insult": ("CYBER_VIOLENCE", "CYBER_BULLYING_INTIMIDATION"),
    "threat": ("VIOLENCE", ""),
    "hate": ("ILLEGAL_OR_HARMFUL_SPEECH", "HATE_SPEECH"),
    "sexual": ("OTHER_VIOLATION_TC", "ADULT_SEXUAL_MATERIAL"),
    "private_data": ("DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", ""),
    "illegal": ("ILLEGAL_OR_HARMFUL_SPEECH", ""),
}
BUILT_IN_NOTE = "Built in."
# The apps whose permissions make up the roles.
APPS = ("archive", "moderation", "auth")
# Each role adds these permissions to those of the previous one. A pattern is `app.name`; the name may end with `*`.
ROLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("viewer", ("archive.view_*", "moderation.view_*", "moderation.analyze")),
    ("moderator", ("moderation.decide", "moderation.mute")),
    (
        "senior",
        (
            "moderation.change_policy",
            "moderation.activate_policy",
            "moderation.undo_others",
            "moderation.see_moderators",
            "moderation.decide_appeal",
        ),
    ),
    ("administrator", ("archive.*", "moderation.*", "auth.add_user", "auth.change_user", "auth.view_*")),
)


def permission_matches(permission: Permission, pattern: str) -> bool:
    """Returns whether the permission matches `pattern`: `app.name`, `app.view_*`, or `app.*` for all of an app."""
    name = f"{permission.content_type.app_label}.{permission.codename}"
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def seed_reasons(apps: Apps) -> None:
    """Adds missing reasons."""
    reason = apps.get_model("moderation", "Reason")
    for code, label, ground in REASONS:
        reason.objects.get_or_create(code=code, defaults={"label": label, "ground": ground, **_category(reason, code)})


def categorise_reasons(apps: Apps) -> None:
    """Gives the reasons that every installation starts with their categories, unless they have another already."""
    reason = apps.get_model("moderation", "Reason")
    for code in CATEGORIES:
        reason.objects.filter(code=code, category="OTHER_VIOLATION_TC", keyword="").update(**_category(reason, code))


def _category(reason: Any, code: str) -> dict[str, str]:
    """Returns the columns of the category; early migrations have none yet."""
    known = {field.name for field in reason._meta.get_fields()}
    category = dict(zip(("category", "keyword"), CATEGORIES.get(code, ()), strict=False))
    return category if "category" in known else {}


def seed_policy(apps: Apps) -> None:
    """Adds the built-in policy as version 1, active, if there is no policy at all."""
    policy = apps.get_model("moderation", "PolicyVersion")
    if not policy.objects.exists():
        policy.objects.create(
            version=1,
            body=BUILT_IN_POLICY,
            sha256=policy_sha256(BUILT_IN_POLICY),
            note=BUILT_IN_NOTE,
            **_status(policy, active=True),
        )


def renew_policy(apps: Apps, body: Mapping[str, Any] = BUILT_IN_POLICY) -> None:
    """Adds the current built-in policy as the next version, active, if all existing policies are built-in ones.

    Its thresholds match the models that serve. An installation with a policy of its own keeps that.
    """
    policy = apps.get_model("moderation", "PolicyVersion")
    newest = policy.objects.order_by("version").last()
    sha256 = policy_sha256(body)
    if newest and newest.sha256 != sha256 and not policy.objects.exclude(note=BUILT_IN_NOTE).exists():
        policy.objects.filter(active=True).update(**_status(policy, active=False))
        columns = {"body": body, "sha256": sha256, "note": BUILT_IN_NOTE, **_status(policy, active=True)}
        policy.objects.create(version=newest.version + 1, **columns)


def _status(policy: Any, *, active: bool) -> dict[str, Any]:
    """Returns the columns that say whether a version is active; early migrations have no status yet."""
    known = {field.name for field in policy._meta.get_fields()}
    return {"active": active, **({"status": "active" if active else "retired"} if "status" in known else {})}


def seed_roles(apps: Apps) -> None:
    """Adds missing roles, and gives existing ones the permissions that did not exist before.

    A permission that an operator removed from a role is not added again.
    """
    known = set(_permissions(apps))
    _make_permissions(apps)
    groups = apps.get_model("auth", "Group").objects
    patterns: tuple[str, ...] = ()
    for name, more in ROLES:
        patterns += more
        role, created = groups.get_or_create(name=name)
        wanted = [one for one in _permissions(apps) if any(permission_matches(one, pattern) for pattern in patterns)]
        role.permissions.add(*[one for one in wanted if created or one not in known])


def _permissions(apps: Apps) -> list[Permission]:
    rows = apps.get_model("auth", "Permission").objects.select_related("content_type")
    return list(rows.filter(content_type__app_label__in=APPS))


def _make_permissions(apps: Apps) -> None:
    """Creates the permission rows now: Django creates them after all migrations, but the roles need them earlier."""
    for label in APPS:
        create_permissions(installed.get_app_config(label), apps=apps, verbosity=0)


class ExtendRoles(migrations.RunPython):
    """The last operation of a migration that adds models or permissions: gives the roles their new permissions."""

    def __init__(self) -> None:
        super().__init__(_extend, migrations.RunPython.noop)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Returns the operation without arguments, because its functions are fixed."""
        return (self.__class__.__qualname__, [], {})


def _extend(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    seed_roles(apps)


def seed(apps: Apps) -> None:
    """Adds all missing initial data."""
    seed_reasons(apps)
    seed_policy(apps)
    seed_roles(apps)

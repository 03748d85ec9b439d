"""A policy that a command was given: a file, or the number of a version."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from moderation.policies import PolicyError
from moderation.policies.documents.files import MAX_FILE_BYTES, PolicyDocument, read_policy
from moderation.services.errors import ServiceError
from moderation.services.policies.versions import policy_get

WHICH = "a file, YAML or JSON, or the number of a version"


@dataclass(frozen=True, slots=True)
class GivenPolicy:
    """The policy's JSON; `document` and `path` if it came as a file, `version` if it is stored."""

    body: Any
    path: str = ""
    document: PolicyDocument | None = None
    version: int | None = None

    def where(self, pointer: str) -> str:
        """Returns the place as people find it: file and line, or the pointer."""
        if self.document is None:
            return pointer or "/"
        return f"{self.path}:{self.document.line(pointer)}: {pointer or '/'}"

    def refusal(self, error: ServiceError) -> CommandError:
        """Returns the error for what a service refused, a line for each fault."""
        lines = [f"{self.where(one.pointer)}: {one.detail}" for one in error.errors] or [error.detail]
        return CommandError("\n".join(lines))


def policy_given(name: str) -> GivenPolicy:
    """Returns the version of that number, or what the file of that name says; raises CommandError."""
    if name.isascii() and name.isdigit():
        try:
            version = policy_get(version=int(name))
        except (ServiceError, OverflowError) as error:
            raise CommandError(f"There is no version {name} of the policy.") from error
        return GivenPolicy(version.body, version=version.version)
    return _file(name)


def actor_named(name: str | None) -> User | None:
    """Returns the user of that name, None without one; raises CommandError if there is none."""
    if name is None:
        return None
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise CommandError(f"--as: there is no active user {name}.")
    return found


def _file(name: str) -> GivenPolicy:
    try:
        with Path(name).open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}.") from error
    try:
        document = read_policy(raw)
        document.policy()
    except PolicyError as error:
        shown = replace(error, line=None)
        raise CommandError(f"{name}:{error.line or 1}: {shown}") from error
    return GivenPolicy(document.body, name, document)

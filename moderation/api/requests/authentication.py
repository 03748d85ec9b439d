"""Bearer keys. The first authenticator, so that a missing key gets a 401 that says how to send one."""

from django.contrib.auth.models import AnonymousUser, User
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from moderation.models import ApiKey
from moderation.services.accounts.api_keys import api_key_authenticate

SCHEME = "Bearer"
PARTS = 2
HEADER_FORM = "The Authorization header must read: Bearer KEY, where KEY is what create_api_key printed."
UNKNOWN_KEY = "The key is unknown, expired, revoked, or not for this address."
# What stands for a key in the documentation.
PLACEHOLDERS = frozenset({"KEY", "$KEY", "{KEY}", "<KEY>"})


def bearer_token(request: Request) -> str | None:
    """Returns the token after `Bearer`, None if the header is missing or has another scheme."""
    parts = get_authorization_header(request).split()
    if not parts or parts[0].lower() != SCHEME.lower().encode():
        return None
    if len(parts) != PARTS or not parts[1].isascii():
        raise AuthenticationFailed(HEADER_FORM)
    return parts[1].decode("ascii")


class ApiKeyAuthentication(BaseAuthentication):
    """Authenticates a request by its Bearer key."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, ApiKey] | None:
        """Returns (user, key), None without a Bearer header; raises AuthenticationFailed for an invalid key."""
        token = bearer_token(request)
        if token is None:
            return None
        key = api_key_authenticate(token=token, address=request.META.get("REMOTE_ADDR", ""))
        if key is None:
            raise AuthenticationFailed(HEADER_FORM if token in PLACEHOLDERS else UNKNOWN_KEY)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """Returns the value of WWW-Authenticate."""
        return SCHEME

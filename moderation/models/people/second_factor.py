"""The second factor of people who log in: a code from their phone, or one that they keep in case it is lost."""

import hashlib
import hmac

from django.conf import settings
from django.db import models
from django.utils.encoding import force_bytes
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice


class SecondFactor(TOTPDevice):  # type: ignore[misc]
    """A person's authenticator app (TOTP, RFC 6238). Confirmed once a code of it was entered.

    The key that the app holds is derived from the stored one and SECRET_KEY, so that a copy of the database alone makes
    no codes.
    """

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    @property
    def bin_key(self) -> bytes:
        """The app's key, 20 bytes."""
        return hmac.new(force_bytes(settings.SECRET_KEY), b"totp" + self.key.encode(), hashlib.sha1).digest()


class RecoveryCode(models.Model):
    """A code that opens once in place of the app's. Only its SHA-256 is stored: it has 80 random bits."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")

    def __str__(self) -> str:
        return f"recovery code {self.pk}"

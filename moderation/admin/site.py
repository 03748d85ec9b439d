"""The admin site's name."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

admin.site.site_header = "Moderato"
admin.site.site_title = "Moderato"
admin.site.index_title = _("Archive and moderation")
# There is no public site behind the archive that a link could open.
admin.site.site_url = None

"""The review desk: a moderator's pages inside the admin site.

Pages are made on the server and work as plain links and forms; if scripts run, htmx swaps the part that changes.
Rows are read here and written by `moderation.services` only. A person sees the sources that they are limited to.
"""

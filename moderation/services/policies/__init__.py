"""Versions of the policy: written, checked, tested, compared and activated, whichever way somebody comes in."""

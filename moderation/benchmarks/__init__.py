"""Measures the product on this machine, beside Detoxify in the same run if both can do it: `manage.py benchmark`."""

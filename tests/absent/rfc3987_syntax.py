"""Stands for a package that no installation has, so that processes of tests start as fast as those of an installation.

A linter's package brings it; jsonschema imports it if it is there, and to build its grammar takes two seconds.
"""

raise ImportError("absent, as in an installation")

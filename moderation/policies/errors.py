"""What is wrong with a policy."""

from dataclasses import dataclass


@dataclass
class PolicyError(Exception):
    """A policy that cannot be read: `pointer` names the place, `detail` what is wrong there. A retry does not help."""

    pointer: str
    detail: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.detail}"

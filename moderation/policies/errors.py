"""What is wrong with a policy."""

from dataclasses import dataclass


@dataclass
class PolicyError(Exception):
    """A policy that cannot be read: `pointer` names the place, `detail` what is wrong there. A retry does not help.

    `key` is the field below `pointer` that should not be there, if that is the fault; `line` is the line of the file,
    counted from 1, if the policy came as a file.
    """

    pointer: str
    detail: str
    key: str = ""
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.pointer or '/'}: {self.detail}"


def join_pointer(pointer: str, *parts: object) -> str:
    """Returns the JSON pointer (RFC 6901) of a part below `pointer`."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return pointer + "".join(f"/{part}" for part in escaped)

"""Unpacks bodies sent with `Content-Encoding: gzip`, never beyond a limit."""

import zlib

GZIP_NAMES = frozenset({"gzip", "x-gzip"})
_WINDOW = 16 + zlib.MAX_WBITS


class GzipError(ValueError):
    """The bytes are not gzip, or end early."""


class GzipTooLargeError(ValueError):
    """The bytes unpack to more than the limit."""


def gzip_unpacked(raw: bytes, limit: int) -> bytes:
    """Returns what gzipped bytes hold, perhaps in several members; unpacks at most one byte more than `limit`.

    Raises GzipError, and GzipTooLargeError beyond the limit.
    """
    unpacked, rest = bytearray(), raw
    while True:
        unpacking = zlib.decompressobj(_WINDOW)
        try:
            unpacked += unpacking.decompress(rest, limit + 1 - len(unpacked))
        except zlib.error:
            raise GzipError("The body is not gzip, as its Content-Encoding says.") from None
        if len(unpacked) > limit:
            raise GzipTooLargeError
        if not unpacking.eof:
            raise GzipError("The gzip body is cut short.")
        rest = unpacking.unused_data
        if not rest:
            return bytes(unpacked)

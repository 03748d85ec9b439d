"""No form here accepts a file: an upload is refused before any of it is stored."""

from typing import NoReturn

from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import FileUploadHandler


class NoFiles(FileUploadHandler):
    """The only upload handler."""

    def new_file(self, *_args: object, **_kwargs: object) -> NoReturn:
        """Refuses a file before its content is read; raises BadRequest."""
        raise BadRequest("No file is taken here.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Never called: `new_file` has raised."""

    def file_complete(self, file_size: int) -> None:
        """Never called: `new_file` has raised."""

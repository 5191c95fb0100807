"""A zip that came from outside, as a list of members and a way to read one; nothing is unpacked.

Only what a learning platform's download needs is accepted: stored or deflated regular files.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections import Counter
from pathlib import Path
from types import TracebackType

from grader.errors import GraderError
from grader.intake import names
from grader.intake.folder import Found, UnreadableError
from grader.intake.limits import LIMITS, MIB, IntakeLimits

_AGAIN = "Download it again, or unpack it and give the folder."
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError)


class Archive:
    """An opened zip; use it as a context manager."""

    def __init__(self, path: Path, limits: IntakeLimits = LIMITS) -> None:
        """Open ``path``; raise :class:`GraderError` where the archive as a whole is unusable."""
        size = path.stat().st_size
        if size > limits.archive_bytes:
            raise GraderError(
                f"{path} is larger than {limits.archive_bytes // MIB} MiB.",
                "Unpack it and give the folder.",
            )
        try:
            self._zip = zipfile.ZipFile(path)
        except (*_BROKEN, ValueError) as error:
            raise GraderError(f"{path} is not a readable zip: {error}", _AGAIN) from None
        self._limits = limits
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        if len(members) > limits.archive_members:
            self._zip.close()
            raise GraderError(f"{path} has more than {limits.archive_members} members.", _AGAIN)
        if sum(member.file_size for member in members) > limits.unpacked_bytes:
            self._zip.close()
            raise GraderError(
                f"{path} would unpack to more than {limits.unpacked_bytes // MIB} MiB.",
                "Look into it: it may be a zip bomb. Unpack it by hand and give the folder.",
            )
        often = Counter(member.filename.casefold() for member in members)
        self._found: dict[str, Found] = {}
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            trouble = self._trouble(member)
            if often[member.filename.casefold()] > 1:
                trouble = trouble or "a name that the archive holds twice, give or take its case"
            self._found[member.filename] = Found(member.filename, member.file_size, trouble)
            self._members[member.filename] = member

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def listing(self) -> list[Found]:
        """Return the members that are not folders or junk, sorted by name."""
        found = (entry for entry in self._found.values() if not names.is_junk(entry.name))
        return sorted(found, key=lambda entry: entry.name)

    def read(self, name: str, limit: int) -> bytes:
        """Return a member's bytes, at most ``limit``; else raise :class:`UnreadableError`."""
        if self._found[name].problem:
            raise UnreadableError(self._found[name].problem)
        try:
            with self._zip.open(self._members[name]) as file:
                data = file.read(limit + 1)
        except _BROKEN:
            raise UnreadableError("damaged in the archive") from None
        if len(data) > limit:
            raise UnreadableError(f"larger than {limit / MIB:g} MiB")
        return data

    def _trouble(self, member: zipfile.ZipInfo) -> str:
        kind = stat.S_IFMT(member.external_attr >> 16)
        # The name as it stands in the archive: zipfile cuts it at a NUL and turns separators.
        if trouble := names.problem(member.orig_filename):
            return trouble
        if kind == stat.S_IFLNK:
            return "a link"
        if kind not in (0, stat.S_IFREG):
            return "a pipe, a socket, a device or a folder"
        if member.flag_bits & 0x1:
            return "encrypted"
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return "packed in an unusual way"
        packed = max(member.compress_size, 1)
        if member.file_size > MIB and member.file_size / packed > self._limits.ratio:
            return "packed suspiciously small"
        return ""

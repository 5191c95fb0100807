"""Hostile archives and downloads of learning platforms, as the collector gets them."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path
from typing import Any


def member(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    """A member of an archive that claims to be a file of ``mode``."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


BAD_MEMBERS: dict[str, list[tuple[Any, str]]] = {
    "traversal": [("jane/../../../evil.csv", "x")],
    "deep traversal": [("jane/a/../../../../evil.csv", "x")],
    "absolute": [("/tmp/evil.csv", "x")],
    "drive": [("C:/evil.csv", "x")],
    "backslash": [("jane/..\\..\\evil.csv", "x")],
    "stream": [("jane/evil.csv:x", "x")],
    "device": [("jane/NUL.csv", "x"), ("jane/com1.csv", "x"), ("jane/aux", "x")],
    "dot and space": [("jane/evil.csv.", "x"), ("jane/evil.csv ", "x")],
    "control characters": [("jane/evil\x1b[2J.csv", "x"), ("jane/a\u202efdp.csv", "x")],
    "too long": [("jane/" + "x" * 300 + ".csv", "x")],
    "link": [(member("jane/evil.csv", stat.S_IFLNK | 0o777), "/etc/passwd")],
    "pipe": [(member("jane/evil.csv", stat.S_IFIFO | 0o644), "")],
    "device file": [(member("jane/evil.csv", stat.S_IFBLK | 0o644), "")],
    "set-uid": [(member("jane/b.csv", stat.S_IFREG | 0o6777), "x")],
    "bomb": [("jane/evil.csv", "0" * (8 << 20))],
    "twice": [("jane/evil.csv", "1"), ("jane/evil.csv", "2")],
    "twice but for case": [("jane/evil.csv", "1"), ("jane/EVIL.csv", "2")],
    "nested": [("jane/evil.zip", "PK")],
}
UNPLACED = ("absolute", "drive")  # they are not in the student's folder, so nobody's
DAMAGES = {
    "encrypted": "encrypted",
    "method": "packed in an unusual way",
    "checksum": "damaged in the archive",
    "size": "packed suspiciously small",
    "content": "damaged in the archive",
}


def damaged(path: Path, how: str) -> None:
    """Damage the first member of the zip ``path``; ``how`` is a key of ``DAMAGES``."""
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    if how == "encrypted":
        data[central + 8] |= 1
    elif how == "method":
        data[central + 10 : central + 12] = struct.pack("<H", 12)
    elif how == "checksum":
        data[central + 16] ^= 0xFF
    elif how == "size":
        data[central + 24 : central + 28] = struct.pack("<I", 0xFFFFFF)
    elif how == "content":
        data[40:60] = bytes(20)
    path.write_bytes(data)


def bombed(path: Path) -> None:
    """Let every member of the zip ``path`` claim that it unpacks to almost four gigabytes."""
    data = bytearray(path.read_bytes())
    central = data.find(b"PK\x01\x02")
    while central >= 0:
        data[central + 24 : central + 28] = struct.pack("<I", 0xFFFF0000)
        central = data.find(b"PK\x01\x02", central + 1)
    path.write_bytes(data)

"""How much one submission may be. Sizes in bytes."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class IntakeLimits:
    """Bounds on files, on parsing and on archives; above them a thing is refused, never cut."""

    notebook_bytes: int = 20 * MIB
    files: int = 500  # entries in one submission's folder, subfolders included
    depth: int = 8  # folders below a submission's folder
    json_nodes: int = 2_000_000  # values in one notebook, outputs included
    json_depth: int = 100
    cells: int = 2_000
    cell_characters: int = 1_000_000
    attachment_bytes: int = 2 * MIB  # images of one cell in base64, together
    attachments: int = 20
    archive_bytes: int = 2048 * MIB
    archive_members: int = 50_000
    unpacked_bytes: int = 4096 * MIB  # a whole archive, unpacked
    student_bytes: int = 256 * MIB  # what one student's attempt may hold, unpacked
    ratio: float = 200.0  # unpacked to packed, of a member above 1 MiB unpacked


LIMITS = IntakeLimits()

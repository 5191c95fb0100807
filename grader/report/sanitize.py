"""Makes students' HTML harmless in the pages that nbgrader itself writes.

nbgrader's templates for feedback and formgrader print Markdown and outputs as they come;
``nbgrader_config.py`` names these two instead.
"""

from __future__ import annotations

from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode

from grader.report.pages import rendered


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """The filter of this name in nbconvert's templates, with HTML that could run left out."""
    cell = context.get("cell") or {}
    return str(rendered(source, cell.get("attachments")))


class CleanOutputs(SanitizeHTML):
    """Cleans outputs and raw cells.

    Markdown stays: escaped before it is rendered, ``a < b`` in a formula would become ``a &lt; b``.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Clean one cell in place and return it."""
        if cell.cell_type != "markdown":
            super().preprocess_cell(cell, resources, cell_index)  # type: ignore[no-untyped-call]
        return cell, resources

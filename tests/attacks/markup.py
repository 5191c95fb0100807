"""What of an HTML page would run or fetch something when a person opens it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from nbconvert.exporters import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

_ACTIVE = {
    *("script", "iframe", "object", "embed", "applet", "base", "meta", "link", "form", "button"),
    *("input", "textarea", "select", "frame", "frameset", "svg", "math", "style", "template"),
    *("portal", "audio", "video", "source", "track", "noscript", "foreignobject", "animate"),
    *("set", "image", "use", "marquee"),
}
_ADDRESSES = {
    *("href", "src", "action", "formaction", "data", "poster", "srcset", "srcdoc", "background"),
    *("xlink:href", "ping", "cite"),
}
_TEXT_ONLY = ("script", "style")  # elements whose content is no markup
_HARMLESS_SCHEMES = ("http:", "https:", "mailto:", "#", "data:image/png;", "data:image/jpeg;")


class _Page(HTMLParser):
    """Collects elements that act, handlers, and addresses that run or are fetched unasked."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._script: list[str] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in _ACTIVE:
            self.found.append(f"<{tag}>")
        if tag in _TEXT_ONLY:
            self._script = []
        for name, value in attributes:
            self._attribute(tag, name, value or "")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        self._script = None

    def handle_endtag(self, tag: str) -> None:
        if self._script is not None and tag in _TEXT_ONLY:
            text = "".join(self._script)
            if "pwned" in text:
                self.found.append(f"{tag}: {text[:200]}")
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script.append(data)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        plain = "".join(value.split()).casefold()
        if name.startswith("on"):
            self.found.append(f"{tag} {name}={value[:80]}")
        elif name == "style" and "url(" in plain:
            self.found.append(f"{tag} style={value[:80]}")
        elif name in _ADDRESSES:
            known = plain.startswith(_HARMLESS_SCHEMES) or ":" not in plain.split("/")[0]
            fetched = tag != "a" and "pwned" in plain and not plain.startswith("data:image/")
            if not known or fetched:
                self.found.append(f"{tag} {name}={value[:80]}")


def active(html: str) -> Counter[str]:
    """What acts in ``html``, how often each."""
    page = _Page()
    page.feed(html)
    page.close()
    return Counter(page.found)


def most(pages: Iterable[str]) -> Counter[str]:
    """What acts in ``pages``, as often as in the one in which it does so most often."""
    found: Counter[str] = Counter()
    for page in pages:
        found |= active(page)
    return found


def more(html: str, than: Counter[str]) -> list[str]:
    """What acts in ``html`` more often than it may, or may not at all."""
    return sorted((active(html) - than).elements())


@cache
def _exporter() -> HTMLExporter:
    """formgrader's exporter, without the course's own configuration, which cleans as well."""
    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    return HTMLExporter(config=config)


def formgraded(notebook: Path) -> str:
    """The page that formgrader shows of ``notebook``, made by its own template and exporter."""
    resources = {
        **{"assignment_id": "hw", "notebook_id": "hw", "submission_id": "x", "index": 0},
        **{"total": 1, "base_url": "/", "student": "x", "last_name": None, "first_name": None},
        "notebook_path": f"/{notebook.name}",
    }
    html, _ = _exporter().from_notebook_node(
        nbformat.read(notebook, as_version=4), resources=resources
    )
    return str(html)

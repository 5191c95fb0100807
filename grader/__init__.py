"""What an instructor runs: release, collect, grade, look, give feedback, export marks."""

import sys

# jsonschema, which nbformat needs, builds a parser of web addresses when it is imported: more
# than a second of every command's start, for a format that no notebook's schema has.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

"""Run as a script: copy one source archive from pip's configured index, without building it.

``python source_archive.py NAME FILENAME FOLDER``. It asks pip's own finder, so that the index,
mirrors, certificates, proxies and credentials that pip is configured with are the ones used.
Exit status 1, with the reason on standard error, if there is no such file.
"""

from __future__ import annotations

import logging
import shutil
import sys
from pathlib import Path

from pip._internal.commands.download import DownloadCommand


def main(name: str, filename: str, folder: str) -> int:
    """Copy ``filename`` of the project ``name`` into ``folder``; return the exit status."""
    # pip mentions an unreachable index only at this level
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("pip._internal.index.collector").setLevel(logging.DEBUG)
    command = DownloadCommand("download", "")
    options, _ = command.parse_args(["--no-deps", "--no-binary=:all:", "--retries=2", name])
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options=options, session=session)
        links = [candidate.link for candidate in finder.find_all_candidates(name)]
        for link in links:
            if link.filename == filename:
                target = Path(folder) / filename
                if link.is_file:
                    shutil.copyfile(link.file_path, target)
                else:
                    response = session.get(
                        link.url_without_fragment,
                        headers={"Accept-Encoding": "identity"},
                        stream=True,
                    )
                    response.raise_for_status()
                    with target.open("wb") as file:
                        shutil.copyfileobj(response.raw, file, 1 << 20)
                return 0
    print(f"ERROR: no file {filename} among {len(links)} of {name}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

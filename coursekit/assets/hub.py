"""Takes a model's files from the model hub, at a pinned commit, where the hub can be reached."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from coursekit.assets.catalogue import Asset, HubSnapshot

_TIMEOUT_S = 3.0


def is_allowed() -> bool:
    """Whether ``HF_HUB_OFFLINE`` does not forbid to ask the hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() not in {"1", "ON", "YES", "TRUE"}


def download(asset: Asset, snapshot: HubSnapshot, target: Path) -> bool:
    """Fetch ``asset``'s files into ``target``, not yet verified; return whether all came.

    The hub is one source of several: where it does not answer within seconds, or has not these
    files, the next source is asked.
    """
    import httpx
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        # one quick question first: the library itself repeats an unanswered one for half a minute
        httpx.head(constants.ENDPOINT, timeout=_TIMEOUT_S)
        for member in asset.members:
            for name in member.globs:
                hf_hub_download(
                    snapshot.repository,
                    name,
                    revision=snapshot.revision,
                    local_dir=target,
                    etag_timeout=_TIMEOUT_S,
                )
    except (httpx.HTTPError, HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled):
        return False
    shutil.rmtree(target / ".cache", ignore_errors=True)
    return True

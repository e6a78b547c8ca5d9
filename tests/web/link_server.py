"""Short links in a process of their own, which can be killed: ``link_server.py FOLDER DATABASE_URL [MOST_BYTES]``.

Its address is the line on its output. MOST_BYTES: no file may grow beyond that, as on a disk that is full.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from ascend_core.operations.core import Options
from ascend_core.runtime.opening import Home, open_core
from ascend_core.runtime.system import settle_memory
from ascend_core.store.vault import make_key_file
from ascend_core.web.public import PublicApp
from ascend_core.web.serving import bind, serve, url_of


def main(folder: str, database_url: str, most_bytes: str = "") -> None:
    """Serve until killed."""
    home = Home(folder=Path(folder), database_url=database_url, options=Options())
    make_key_file(home.key_file)
    app = PublicApp(open_core(home), spill_folder=home.folder)
    settle_memory()  # as whatever the command line opens
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most_bytes), int(most_bytes)))
    listener = bind()
    asyncio.run(serve(app, listener, started=lambda: print(url_of(listener), flush=True)))  # noqa: T201 -- to the test


if __name__ == "__main__":
    main(*sys.argv[1:])

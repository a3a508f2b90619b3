"""One file per model kind: `<name>.py` holds a `BOT`. To add a bot, write its file here.

A bot is imported when the first job asks for it, so that its libraries cost nothing before.
"""

from __future__ import annotations

import importlib
import pkgutil

from ..errors import JobError, bad_job
from ..pipeline.base import Bot


def bot_names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def get_bot(name: str) -> Bot:
    names = bot_names()
    if name not in names:
        raise bad_job(f"bot: unknown bot {name!r}, there is {', '.join(names)}")
    try:
        return importlib.import_module(f".{name}", __name__).BOT
    except ImportError as error:
        message = f"bot {name} needs {error.name}, which is not installed: npm run setup"
        raise JobError("internal", message) from error

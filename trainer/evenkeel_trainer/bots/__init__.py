"""One file per model kind. To add a bot: write its file here and name it in BOTS."""

from __future__ import annotations

from ..errors import bad_job
from .base import Bot
from .catboost import CatBoostBot

BOTS: dict[str, Bot] = {"catboost": CatBoostBot()}


def get_bot(name: str) -> Bot:
    bot = BOTS.get(name)
    if bot is None:
        raise bad_job(f"bot: unknown bot {name!r}, there is {', '.join(BOTS)}")
    return bot

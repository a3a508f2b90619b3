"""`lstm`: SELL, HOLD or BUY, and the forward return, by a recurrent network over a window of candles."""

from __future__ import annotations

from ..pipeline.deep import DeepBot

BOT = DeepBot()

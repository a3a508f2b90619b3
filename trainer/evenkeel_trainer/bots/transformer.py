"""`transformer`: SELL, HOLD or BUY, and the forward return, by attention over a window of candles."""

from __future__ import annotations

from ..engines.torch_params import HEADS
from ..errors import bad_job
from ..job import Job
from ..pipeline.deep import DeepBot


class TransformerBot(DeepBot):
    def check(self, job: Job) -> None:
        super().check(job)
        width = job.params["width"]
        if width % HEADS != 0:
            raise bad_job(f"params.width: expected a multiple of {HEADS}, read {width}")


BOT = TransformerBot()

"""Trains models from a feature file. Knows nothing of markets, databases or the network.

One job is one JSON line on stdin; JSON lines of progress come back on stdout, and a directory with
the model, renamed into place when it is complete. A job names a *bot* (`bots/`), which says what is
fitted and judged; the bot uses an *engine* (`engines/`), which wraps one library.
"""

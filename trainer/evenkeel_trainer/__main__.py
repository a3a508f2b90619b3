"""Entry: `python -u -m evenkeel_trainer` serves jobs, `--check` describes the environment,
`--check torch` with that library imported too.

Nothing heavy is imported before the process has bound its life to its parent's, and `--check` must
run on any Python, so that it can say that this one is too old.
"""

import sys


def main():
    if sys.argv[1:2] == ["--check"]:
        from .check import print_check

        return print_check(sys.argv[2:])
    from .check import import_catboost
    from .lifeline import settle_process

    settle_process()
    import_catboost()  # before a module of the package does, with pandas
    from .server import serve

    return serve()


if __name__ == "__main__":
    sys.exit(main())

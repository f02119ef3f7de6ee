"""How many files a process may open: each line is one."""

import sys
from contextlib import suppress


def allow_many_files() -> None:
    """Ask for as many as the system allows this user; where it does not say, leave it."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def most_files() -> int | None:
    """How many that may be; None: the system does not say."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        return sys.maxsize if most == resource.RLIM_INFINITY else most
    return None

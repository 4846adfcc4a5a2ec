"""All or nothing: a transaction that says a full disk as what it is."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from mintage.core.errors import MintageError


@contextmanager
def transaction(db: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Commit what is done inside, or leave the database as it was.

    Raises:
        MintageError: the disk is full, whoever found out: the database or a file written beside it.
    """
    try:
        db.execute(begin)
        yield
        db.execute("COMMIT")
    except BaseException as error:
        if db.in_transaction:
            db.execute("ROLLBACK")
        if _is_full(error):
            raise MintageError(
                "the disk is full: the ledger could not be written",
                expected="free space; nothing finished is lost",
                type_this="free space, then `mintage run` again",
            ) from error
        raise


def _is_full(error: BaseException) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)

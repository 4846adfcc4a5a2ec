"""How long a field of a CSV file may be while it is read: the csv module knows one limit for the whole process."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def fields_of(longest: int) -> Iterator[None]:
    """Within it csv refuses fields of more than `longest` characters; afterwards the limit is what it was."""
    before = csv.field_size_limit(longest)
    try:
        yield
    finally:
        csv.field_size_limit(before)

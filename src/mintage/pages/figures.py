"""Numbers as people read them: counts, percentages, spans of time, dollars, scores."""


def count(n: int) -> str:
    """`12,345`."""
    return f"{n:,}"


def images(n: int) -> str:
    """`1 image`, `200 images`."""
    return f"{count(n)} image{'' if n == 1 else 's'}"


def percent(part: float, whole: float) -> str:
    """`71 %`; never 0 % or 100 % unless it is exactly so; a dash where there is no whole."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 1:
        return "< 1 %"
    return "> 99 %" if 99 < share < 100 else f"{share:.0f} %"


def span(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3.1 min`, `20 min`, `2.2 h`, `130 h`: two digits at least, one unit."""
    for unit, size, limit in (("s", 1, 60), ("min", 60, 3600)):
        if seconds < limit * (1 - 0.5 / 60):  # what would round to 60 is said in the next unit
            return _two_digits(seconds / size, unit)
    return _two_digits(seconds / 3600, "h")


def _two_digits(value: float, unit: str) -> str:
    return f"{value:.1f} {unit}" if value < 9.95 else f"{value:,.0f} {unit}"


def dollars(amount: float) -> str:
    """`$12.34`; below a cent `< $0.01`."""
    return "< $0.01" if 0 < amount < 0.01 else f"${amount:,.2f}"


def price(amount: float) -> str:
    """Of one thing: `$0.0065`, `$0.21`, `$1.20`; `nothing` where it is free."""
    return "nothing" if amount == 0 else f"${amount:,.2f}" if amount >= 0.095 else f"${amount:.2g}"


def score(value: float) -> str:
    """Two decimals with a real minus sign."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def size(n: float) -> str:
    """Of `n` bytes: `4.3 GB`, `12 MB`, `0.3 MB`."""
    unit, each = ("GB", 1e9) if n >= 99.5e6 else ("MB", 1e6)
    return _two_digits(n / each, unit)

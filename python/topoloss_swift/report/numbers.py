"""Numbers as tables for readers have them."""

import math


def digits_for(values: list[float]) -> int:
    """Digits behind the point, so that values of one row can be compared."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0)
    if largest >= 10 or largest == 0:
        return 2
    return 3 if largest >= 0.05 else 4


def fixed(value: float, digits: int = 3) -> str:
    """With so many digits; a dash where there is no number."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    written = f"{value:.{digits}f}" if abs(value) < 1e9 else f"{value:.3g}"
    return written.replace("-", "−") if float(written.replace("−", "-")) else written.lstrip("-")


def probability(value: float) -> str:
    """As the paper has it: 0.53, 9.1e-4, 1.2e-47."""
    if math.isnan(value):
        return "–"
    if value >= 0.01 or value == 0:
        return f"{value:.2f}" if value else "0"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "−")


def change(share: float) -> str:
    """In percent with its sign: −27 %, +3 %."""
    if not math.isfinite(share) or abs(share) >= 1e6:
        return "–"
    percent = round(100 * share)
    return f"{percent:+d} %".replace("-", "−") if percent else "0 %"

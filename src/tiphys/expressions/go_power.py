"""math.Pow of Go on amd64, to the last digit.

It multiplies by successive squares and takes logarithm and exponential of the fraction with its own series,
so it differs from C's. https://github.com/golang/go/tree/master/src/math (pow.go, log_amd64.s, exp_amd64.s)
"""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import Final

from tiphys.expressions.go_numbers import float_quotient


def power(x: float, y: float) -> float:
    """math.Pow, which multiplies by successive squares and so differs from C's in the last digit."""
    if y == 0 or x == 1:
        return 1.0
    if y == 1 or math.isnan(x) or math.isnan(y):
        return x if y == 1 else math.nan
    if x == 0 or math.isinf(x) or math.isinf(y):
        return _limit_power(x, y)
    if abs(y) == 0.5:
        root = math.nan if x < 0 else math.sqrt(x)
        return root if y > 0 else float_quotient(1.0, root)
    fraction, whole = math.modf(abs(y))
    if fraction != 0 and x < 0:
        return math.nan
    if whole >= 1 << 63:
        if x == -1:
            return 1.0
        return 0.0 if (abs(x) < 1) == (y > 0) else math.inf
    return _finite_power(x, int(whole), fraction, inverse=y < 0)


def _limit_power(x: float, y: float) -> float:
    odd = abs(y) < 1 << 53 and y == math.floor(y) and int(y) % 2 == 1
    if x == 0 and not math.isinf(y):
        result = math.inf if y < 0 else 0.0
        return math.copysign(result, x) if odd else result
    if math.isinf(y):
        if x == -1:
            return 1.0
        return 0.0 if (abs(x) < 1) == (y > 0) else math.inf
    result = 0.0 if y < 0 else math.inf
    return math.copysign(result, x) if odd else result


def _finite_power(x: float, whole: int, fraction: float, *, inverse: bool) -> float:
    result, exponent = 1.0, 0
    if fraction > 0.5:
        fraction -= 1
        whole += 1
    if fraction != 0:
        result = _exp(fraction * _log(x))
    square, square_exponent = math.frexp(x)
    while whole:
        if abs(square_exponent) > 1 << 12:
            exponent += square_exponent
            break
        if whole & 1:
            result *= square
            exponent += square_exponent
        square *= square
        square_exponent *= 2
        if square < 0.5:
            square += square
            square_exponent -= 1
        whole >>= 1
    if inverse:
        result, exponent = 1 / result, -exponent
    try:
        return math.ldexp(result, exponent)
    except OverflowError:
        return math.copysign(math.inf, result)


_LOG_SERIES: Final = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
_LN2_HIGH: Final = 6.93147180369123816490e-01
_LN2_LOW: Final = 1.90821492927058770002e-10


def _log(x: float) -> float:
    """The logarithm of a positive number; one below the normal ones is taken as it is written."""
    bits = struct.unpack("<Q", struct.pack("<d", x))[0]
    exponent = float((bits >> 52) - 0x3FE)
    mantissa: float = struct.unpack("<d", struct.pack("<Q", bits & ((1 << 52) - 1) | 0x3FE << 52))[0]
    if mantissa <= 7.07106781186547524401e-01:
        mantissa *= 2
        exponent -= 1
    f = mantissa - 1
    s = f / (2 + f)
    s2 = s * s
    s4 = s2 * s2
    l1, l2, l3, l4, l5, l6, l7 = _LOG_SERIES
    odd = s2 * (l1 + s4 * (l3 + s4 * (l5 + s4 * l7)))
    even = s4 * (l2 + s4 * (l4 + s4 * l6))
    half = 0.5 * f * f
    return exponent * _LN2_HIGH - ((half - (s * (half + (odd + even)) + exponent * _LN2_LOW)) - f)


_EXP_SERIES: Final = (
    1.9841269841269841270e-4,
    1.3888888888888888889e-3,
    8.3333333333333333333e-3,
    4.1666666666666666667e-2,
    1.6666666666666666667e-1,
    0.5,
    1.0,
)


def _exp(x: float) -> float:
    """The exponential of a number far from the limits."""
    exponent = round(x * 1.4426950408889634073599246810018920)
    x = _fused(-float(exponent), 0.69314718055966295651160180568695068359375, x)
    x = _fused(-float(exponent), 0.28235290563031577122588448175013436025525412068e-12, x)
    x *= 0.0625
    series = 2.4801587301587301587e-5
    for term in _EXP_SERIES:
        series = _fused(x, series, term)
    x *= series
    for _ in range(3):
        x *= x + 2
    return math.ldexp(_fused(x + 2, x, 1.0), exponent)


def _fused(a: float, b: float, c: float) -> float:
    """a * b + c, rounded once."""
    return float(Fraction(a) * Fraction(b) + Fraction(c))

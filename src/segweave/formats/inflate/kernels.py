"""Compiled zlib decompression (RFC 1950, RFC 1951) of a stream that is nearly all zeros, to the bytes that are not.

The rows of an id PNG are such a stream: what is stored is how each pixel differs from its neighbours. A stretch of
zeros costs one symbol here, whatever its length, and a repetition costs the bytes in it that are not 0: the time goes
with the size of the file, not with that of the image. Import this module lazily: it loads numba.

`words[i]` are the eight bytes from byte i on. A reader is (bits, have, at): the next bits of the stream, how many of
them are valid, and the byte that follows them. After `_refill` at least 56 bits are valid. A code is one array: by its
first bits the symbol << 4 | its length, 0 where it is longer than these bits; from `_COUNTS` on how many symbols have
each length; from `_SYMBOLS` on the symbols in the order of their codes.
"""

import numba as nb
import numpy as np
from numpy.typing import NDArray

_FAST = 11  # bits that one look-up decodes; longer codes are rare
_FAST_MASK = np.uint64((1 << _FAST) - 1)
_COUNTS = 1 << _FAST
_SYMBOLS = _COUNTS + 17
_MOST_BITS = 15  # of a code
_BOTH = np.uint64(3)
_FULL = np.uint64(56)
_LENGTHS = np.array(  # §3.2.5: the shortest repetition of each symbol from 257 on, and its extra bits
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
)
_LENGTH_BITS = np.array([*[0] * 8, *np.repeat(np.arange(1, 6), 4), 0], np.uint64)
_DISTANCE_BITS = np.array([0, 0, *np.repeat(np.arange(14), 2)], np.uint64)
_DISTANCES = np.array([1, 2, 3, 4, *(1 + (2 + k % 2 << k // 2 - 1) for k in range(4, 30))])
_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])  # §3.2.7
_END, _LITERALS, _DISTANCE_CODES = 256, 286, 30
_MODULUS = 65521  # of Adler-32
_MARGIN = 48  # a sound stream is never read so near to the end of `words`


@nb.njit(cache=True, nogil=True)
def inflate_sparse(
    words: NDArray[np.uint64], size: int, total: int, place: NDArray[np.int32], value: NDArray[np.uint8]
) -> int:
    """Decompress `size` bytes to `total`: place[k], value[k] of the k-th byte that is not 0. Returns their number.

    words: of the stream and 64 zeros behind it. -1: the stream is not sound, its sum (Adler-32) is wrong, it
    is not of `total` bytes, or more bytes are not 0 than `place` has room for.
    """
    codes = np.zeros((2, _SYMBOLS + 288), np.int16)  # of literals and lengths; of distances
    reader = np.uint64(0), np.uint64(0), np.int64(2)
    n, done, is_last = np.int64(0), np.int64(0), False
    while not is_last:
        reader = _refill(words, reader)
        is_last = _peek(reader, 1) == 1
        kind = _peek(reader, 3) >> 1
        reader = _drop(reader, 3)
        if kind == 0:
            n, done, reader = _stored(words, (size, total), reader, (n, done), place, value)
        else:
            sound, reader = _fixed_codes(codes, reader) if kind == 1 else _read_codes(words, reader, codes)
            if kind == 3 or not sound:
                return -1
            n, done, reader = _block(words, total, reader, codes, (n, done), place, value)
        if n < 0:
            return -1
    at = reader[2] - np.int64(reader[1] >> _BOTH)
    if done != total or at + 4 > size:
        return -1
    sums = _adler(place, value, n, total)
    for k in range(4):
        if np.int64(words[at + k] & np.uint64(255)) != (sums >> (24 - 8 * k) & 255):
            return -1
    return int(n)


@nb.njit(cache=True, nogil=True)
def _block(words, total, reader, codes, counted, place, value):  # type: ignore[no-untyped-def]
    """One compressed block: (bytes that are not 0 so far, bytes so far, reader); -1 for a broken one."""
    literals, distances = codes[0], codes[1]
    n, done = counted
    while True:
        if reader[2] > words.size - _MARGIN:
            return -1, done, reader
        reader = _refill(words, reader)
        symbol, reader = _symbol(reader, literals)
        if symbol < _END:
            if symbol < 0 or done >= total:
                return -1, done, reader
            if symbol:
                if n >= place.size:
                    return -1, done, reader
                place[n], value[n] = done, symbol
                n += 1
            done += 1
            continue
        if symbol == _END:
            return n, done, reader
        symbol -= _END + 1
        if symbol >= _LENGTHS.size:
            return -1, done, reader
        length = _LENGTHS[symbol] + _peek(reader, _LENGTH_BITS[symbol])
        reader = _drop(reader, _LENGTH_BITS[symbol])
        symbol, reader = _symbol(reader, distances)
        if symbol < 0 or symbol >= _DISTANCES.size:
            return -1, done, reader
        distance = _DISTANCES[symbol] + _peek(reader, _DISTANCE_BITS[symbol])
        reader = _drop(reader, _DISTANCE_BITS[symbol])
        if distance > done or done + length > total:
            return -1, done, reader
        if n and place[n - 1] >= done - distance:
            n = _repeat(place, value, n, done - distance, distance, length)
            if n < 0:
                return -1, done, reader
        done += length


@nb.njit(cache=True, nogil=True)
def _repeat(place, value, n, begin, distance, length):  # type: ignore[no-untyped-def]
    """Append what lies in begin..begin + length, `distance` further on: (n), -1 where there is no room.

    It may repeat what it has just appended. place[n - 1] >= begin.
    """
    high, step = n - 1, 1  # place[high] >= begin
    while high >= step and place[high - step] >= begin:
        high -= step
        step *= 2
    low = max(0, high - step)  # the first place at or behind begin is in low..high
    while low < high:
        middle = (low + high) // 2
        if place[middle] >= begin:
            high = middle
        else:
            low = middle + 1
    while low < n and place[low] < begin + length:
        if n >= place.size:
            return -1
        place[n], value[n] = place[low] + distance, value[low]
        n += 1
        low += 1
    return n


@nb.njit(cache=True, nogil=True)
def _stored(words, sizes, reader, counted, place, value):  # type: ignore[no-untyped-def]
    """A block that is not compressed (§3.2.4), as `_block`."""
    size, total = sizes
    n, done = counted
    at = reader[2] - np.int64(reader[1] >> _BOTH)
    reader = np.uint64(0), np.uint64(0), at
    if at + 4 > size:
        return -1, done, reader
    head = words[at]
    length = np.int64(head & np.uint64(0xFFFF))
    if length ^ 0xFFFF != np.int64(head >> np.uint64(16) & np.uint64(0xFFFF)):
        return -1, done, reader
    at += 4
    if at + length > size or done + length > total:
        return -1, done, reader
    for k in range(length):
        byte = np.uint8(words[at + k] & np.uint64(255))
        if byte:
            if n >= place.size:
                return -1, done, reader
            place[n], value[n] = done + k, byte
            n += 1
    return n, done + length, (np.uint64(0), np.uint64(0), at + length)


@nb.njit(cache=True, nogil=True)
def _fixed_codes(codes, reader):  # type: ignore[no-untyped-def]
    """The codes of a block that begins with none (§3.2.6), as `_read_codes`."""
    lengths = np.full(288, 8)
    lengths[144:256] = 9
    lengths[256:280] = 7
    _build(codes[0], lengths)
    return _build(codes[1], np.full(32, 5)), reader


@nb.njit(cache=True, nogil=True)
def _read_codes(words, reader, codes):  # type: ignore[no-untyped-def]
    """The codes that a block begins with (§3.2.7): (are they sound, reader)."""
    literals, distances = codes[0], codes[1]
    n_literals, n_distances = 257 + _peek(reader, 5), 1 + (_peek(reader, 10) >> 5)
    n_lengths = 4 + (_peek(reader, 14) >> 10)
    reader = _drop(reader, 14)
    lengths = np.zeros(19, np.int64)
    if reader[2] > words.size - _MARGIN:
        return False, reader
    for k in range(n_lengths):
        reader = _refill(words, reader)
        lengths[_ORDER[k]] = _peek(reader, 3)
        reader = _drop(reader, 3)
    if n_literals > _LITERALS or n_distances > _DISTANCE_CODES or not _build(literals, lengths):
        return False, reader
    lengths = np.zeros(n_literals + n_distances, np.int64)
    k = 0
    while k < lengths.size:
        if reader[2] > words.size - _MARGIN:
            return False, reader
        reader = _refill(words, reader)
        symbol, reader = _symbol(reader, literals)
        if symbol < 0 or (symbol == 16 and k == 0):
            return False, reader
        if symbol < 16:
            lengths[k] = symbol
            k += 1
            continue
        extra = 2 if symbol == 16 else 3 if symbol == 17 else 7
        times = _peek(reader, extra) + (11 if symbol == 18 else 3)
        reader = _drop(reader, extra)
        if k + times > lengths.size:
            return False, reader
        if symbol == 16:
            lengths[k : k + times] = lengths[k - 1]
        k += times
    sound = lengths[_END] > 0 and _build(literals, lengths[:n_literals]) and _build(distances, lengths[n_literals:])
    return sound, reader


@nb.njit(cache=True, nogil=True)
def _build(code, lengths):  # type: ignore[no-untyped-def]
    """Make a code of the number of bits of each symbol (§3.2.2); False where some bits mean two things or none."""
    fast, counts, symbols = code[:_COUNTS], code[_COUNTS:_SYMBOLS], code[_SYMBOLS:]
    fast[:] = 0
    counts[:] = 0
    for length in lengths:
        counts[length] += 1
    counts[0] = 0
    left = 1
    first, offset = np.zeros(17, np.int64), np.zeros(17, np.int64)
    for length in range(1, _MOST_BITS + 1):
        left = 2 * left - counts[length]
        if left < 0:
            return False
        first[length + 1] = (first[length] + counts[length]) << 1
        offset[length + 1] = offset[length] + counts[length]
    if left > 0 and lengths.max() > 1:  # one distance alone has a bit of which the other half means nothing
        return False
    for symbol in range(lengths.size):
        length = lengths[symbol]
        if length == 0:
            continue
        symbols[offset[length]] = symbol
        offset[length] += 1
        if length <= _FAST:  # the stream has the bits of a code in reverse
            reverse = np.int64(0)
            for k in range(length):
                reverse |= (first[length] >> k & 1) << (length - 1 - k)
            fast[reverse :: 1 << length] = symbol << 4 | length
        first[length] += 1
    return True


@nb.njit(cache=True, nogil=True)
def _symbol(reader, code):  # type: ignore[no-untyped-def]
    """(the next symbol, reader); -1 where the bits are no code."""
    entry = np.int64(code[reader[0] & _FAST_MASK])
    if entry:
        return entry >> 4, _drop(reader, entry & 15)
    return _long_symbol(reader, code)


@nb.njit(cache=True, nogil=True)
def _long_symbol(reader, code):  # type: ignore[no-untyped-def]
    found = first = index = np.int64(0)
    for length in range(1, _MOST_BITS + 1):
        found |= np.int64(reader[0] >> np.uint64(length - 1)) & 1
        count = np.int64(code[_COUNTS + length])
        if found - first < count:
            return np.int64(code[_SYMBOLS + index + found - first]), _drop(reader, length)
        index += count
        first = (first + count) << 1
        found <<= 1
    return np.int64(-1), reader


@nb.njit(cache=True, nogil=True)
def _adler(place, value, n, total):  # type: ignore[no-untyped-def]
    """Adler-32 of all bytes, the zeros between too (RFC 1950, §8.2)."""
    low, high, behind = np.int64(1), np.int64(0), np.int64(0)
    for k in range(n):
        high += low * (place[k] - behind)  # below 2**16 times the bytes, which 64 bits hold without a remainder
        low += np.int64(value[k])
        if low >= _MODULUS:
            low -= _MODULUS
        high += low
        behind = place[k] + 1
    return (high + low * (total - behind)) % _MODULUS << 16 | low


@nb.njit(cache=True, nogil=True, inline="always")
def _refill(words, reader):  # type: ignore[no-untyped-def]
    bits, have, at = reader
    return bits | words[at] << have, have | _FULL, at + np.int64((np.uint64(63) - have) >> _BOTH)


@nb.njit(cache=True, nogil=True, inline="always")
def _peek(reader, n):  # type: ignore[no-untyped-def]
    return np.int64(reader[0] & ((np.uint64(1) << np.uint64(n)) - np.uint64(1)))


@nb.njit(cache=True, nogil=True, inline="always")
def _drop(reader, n):  # type: ignore[no-untyped-def]
    return reader[0] >> np.uint64(n), reader[1] - np.uint64(n), reader[2]

"""Neighbourhood attention (Hassani et al. 2023, arXiv 2204.07143; dilated: Hassani & Shi 2022, arXiv 2209.15001).

Each query attends to the kernel x kernel keys around it, the query in their middle; near a border the keys stay inside
the map and the query moves out of the middle. With dilation d the keys are d apart: so queries whose row and column
leave the same remainders by d see each other alone, and dilated attention is plain attention on d x d thinned maps.

Here in plain torch: queries go in tiles, a tile's keys are one block, attention inside is dense, and a bias of minus
infinity hides the keys that are not in a query's neighbourhood.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from segweave.errors import ModelError

_TILE = 16  # queries a side; keys a side: _TILE + kernel - 1


def neighborhood_attention(
    query: Tensor, key: Tensor, value: Tensor, *, bias: Tensor, kernel: int, dilation: int = 1
) -> Tensor:
    """The values around each place, weighted by softmax(query . key + bias): (n, heads, height, width, dim).

    query, key, value: (n, heads, height, width, dim); the query is scaled already. bias: (heads, 2 kernel - 1,
    2 kernel - 1), for the rows and columns from the query to the key, in steps of `dilation`, [kernel - 1, kernel - 1]
    for itself. height and width are at least kernel * dilation; kernel is odd.

    >>> ones = torch.ones(1, 1, 3, 3, 1)
    >>> values = torch.arange(9.0).reshape(1, 1, 3, 3, 1)
    >>> neighborhood_attention(ones, ones, values, bias=torch.zeros(1, 5, 5), kernel=3)[0, 0, 0, 0].item()
    4.0
    """
    height, width = (int(side) for side in query.shape[2:4])  # whole numbers while a network is traced, too
    if kernel % 2 == 0 or min(height, width) < kernel * dilation:
        raise ModelError(
            f"a kernel of {kernel} with dilation {dilation} needs an odd kernel and a map of at least"
            f" {kernel * dilation} a side; found {height} x {width}"
        )
    if dilation == 1:
        return _plain(query, key, value, bias, kernel)
    out = torch.empty_like(value)
    for rows in _thinned(height, dilation):
        for columns in _thinned(width, dilation):
            places = (slice(None), slice(None), rows[:, :, None, None], columns)  # (d rows, h, d columns, w)
            thin = [_as_maps(maps[places]) for maps in (query, key, value)]
            found = _plain(thin[0], thin[1], thin[2], bias, kernel)
            out[places] = _from_maps(found, (len(value), len(rows), len(columns)))
    return out


def _thinned(length: int, dilation: int) -> Iterator[Tensor]:
    """Every dilation-th place, from each of the first ones: (starts, places); those of one length together."""
    whole, longer = divmod(int(length), dilation)
    for first, last, places in ((0, longer, whole + 1), (longer, dilation, whole)):
        if last > first:
            yield torch.arange(first, last)[:, None] + dilation * torch.arange(places)


def _as_maps(maps: Tensor) -> Tensor:
    """(n, heads, r, h, c, w, dim) -> (n r c, heads, h, w, dim)."""
    n, heads, r, h, c, w, dim = map(int, maps.shape)
    return maps.permute(0, 2, 4, 1, 3, 5, 6).reshape(n * r * c, heads, h, w, dim)


def _from_maps(maps: Tensor, counts: tuple[int, int, int]) -> Tensor:
    """(n r c, heads, h, w, dim) -> (n, heads, r, h, c, w, dim)."""
    _, heads, h, w, dim = map(int, maps.shape)
    return maps.reshape(*counts, heads, h, w, dim).permute(0, 3, 1, 4, 2, 5, 6)


def _plain(query: Tensor, key: Tensor, value: Tensor, bias: Tensor, kernel: int) -> Tensor:
    """Attention without dilation, tile by tile."""
    n, heads, height, width, dim = map(int, query.shape)
    out = torch.empty_like(value)
    flat = torch.cat([bias.flatten(1), bias.new_full((heads, 1), -torch.inf)], dim=1)  # the last one: hidden
    known: dict[tuple[bytes, bytes], Tensor] = {}
    for top, first_row, rows in _tiles(height, kernel):
        for left, first_column, columns in _tiles(width, kernel):
            pattern = (rows.numpy().tobytes(), columns.numpy().tobytes())
            if pattern not in known:
                known[pattern] = _tile_bias(flat, rows, columns, kernel)
            queries, keys = rows.shape[0] * columns.shape[0], rows.shape[1] * columns.shape[1]
            here = (slice(None), slice(None), slice(top, top + len(rows)), slice(left, left + len(columns)))
            seen = (
                *here[:2],
                slice(first_row, first_row + rows.shape[1]),
                slice(first_column, first_column + columns.shape[1]),
            )
            found = torch.nn.functional.scaled_dot_product_attention(
                query[here].reshape(n, heads, queries, dim),
                key[seen].reshape(n, heads, keys, dim),
                value[seen].reshape(n, heads, keys, dim),
                attn_mask=known[pattern],
                scale=1.0,
            )
            out[here] = found.reshape(n, heads, len(rows), len(columns), dim)
    return out


def _tiles(length: int, kernel: int) -> Iterator[tuple[int, int, Tensor]]:
    """Tiles along one side: first query, first key, and (queries, keys) places in the bias, -1 = not a neighbour."""
    tile, block = min(_TILE, length), min(_TILE + kernel - 1, length)
    for start in range(0, length, tile):
        first = min(start, length - tile)  # the last tile overlaps the one before: all have one size
        first_key = min(max(first - kernel // 2, 0), length - block)
        queries = torch.arange(first, first + tile)[:, None]
        keys = torch.arange(first_key, first_key + block)
        begin = (queries - kernel // 2).clamp(0, length - kernel)  # of each query's neighbourhood
        yield first, first_key, torch.where((keys >= begin) & (keys < begin + kernel), keys - queries + kernel - 1, -1)


def _tile_bias(flat: Tensor, rows: Tensor, columns: Tensor, kernel: int) -> Tensor:
    """(heads, queries, keys) of a tile, from the bias laid out flat with minus infinity behind it."""
    down, right = rows[:, None, :, None], columns[None, :, None, :]
    places = torch.where((down >= 0) & (right >= 0), down * (2 * kernel - 1) + right, flat.shape[1] - 1)
    return flat[:, places.reshape(rows.shape[0] * columns.shape[0], -1)]

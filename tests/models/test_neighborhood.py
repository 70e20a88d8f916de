"""Neighbourhood attention in tiles against one query after the other, as the papers define it."""

import pytest

from segweave.errors import ModelError

torch = pytest.importorskip("torch", reason='needs torch: pip install "segweave[torch]"')

from segweave.models.architectures.neighborhood import neighborhood_attention  # noqa: E402


def first_key(place: int, length: int, kernel: int, dilation: int) -> int:
    """The first of the kernel keys of a query, on one axis: centred, but inside, and in steps from the query."""
    last_possible = length - 1 - (length - 1 - place) % dilation
    first = place - kernel // 2 * dilation
    while first < 0:
        first += dilation
    while first + (kernel - 1) * dilation > last_possible:
        first -= dilation
    return first


def one_by_one(query, key, value, bias, kernel, dilation):  # type: ignore[no-untyped-def]
    """The definition, a loop over every query and every key of it."""
    n, heads, height, width, _ = query.shape
    out = torch.empty_like(value)
    for r in range(height):
        rows = [first_key(r, height, kernel, dilation) + k * dilation for k in range(kernel)]
        for c in range(width):
            columns = [first_key(c, width, kernel, dilation) + k * dilation for k in range(kernel)]
            for b in range(n):
                for h in range(heads):
                    scores, values = [], []
                    for i in rows:
                        for j in columns:
                            at = ((i - r) // dilation + kernel - 1, (j - c) // dilation + kernel - 1)
                            scores.append(query[b, h, r, c] @ key[b, h, i, j] + bias[h, at[0], at[1]])
                            values.append(value[b, h, i, j])
                    out[b, h, r, c] = torch.stack(scores).softmax(0) @ torch.stack(values)
    return out


def random_maps(height: int, width: int, kernel: int, *, n: int = 1):  # type: ignore[no-untyped-def]
    """Query, key, value and bias in double precision, so that only the order of the sums may differ."""
    chance = torch.Generator().manual_seed(height * width + kernel)
    maps = [torch.randn(n, 2, height, width, 3, generator=chance, dtype=torch.float64) for _ in range(3)]
    return (*maps, torch.randn(2, 2 * kernel - 1, 2 * kernel - 1, generator=chance, dtype=torch.float64))


@pytest.mark.parametrize(
    ("size", "kernel", "dilation"),
    [
        ((3, 3), 3, 1),  # every neighbourhood is the whole map
        ((7, 9), 3, 1),
        ((5, 21), 5, 1),  # two tiles in a row, the last one short
        ((18, 17), 7, 1),  # more than one tile each way
        ((6, 6), 3, 2),  # exactly kernel x dilation
        ((7, 8), 3, 2),  # 7 rows by 2: maps of 4 and of 3 rows
        ((11, 9), 3, 3),
        ((10, 13), 1, 4),  # a kernel of 1 sees itself alone
    ],
)
def test_tiles_give_what_one_query_after_the_other_gives(size: tuple[int, int], kernel: int, dilation: int) -> None:
    query, key, value, bias = random_maps(*size, kernel)
    found = neighborhood_attention(query, key, value, bias=bias, kernel=kernel, dilation=dilation)
    torch.testing.assert_close(found, one_by_one(query, key, value, bias, kernel, dilation), rtol=0, atol=1e-12)


def test_a_batch_is_each_map_alone() -> None:
    query, key, value, bias = random_maps(9, 8, 3, n=3)
    found = neighborhood_attention(query, key, value, bias=bias, kernel=3, dilation=2)
    for k in range(3):
        one = (maps[k : k + 1] for maps in (query, key, value))
        alone = neighborhood_attention(*one, bias=bias, kernel=3, dilation=2)
        torch.testing.assert_close(found[k : k + 1], alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("size", "kernel", "dilation"), [((6, 5), 3, 2), ((8, 8), 4, 1)])
def test_a_map_that_is_too_small_or_an_even_kernel_is_refused(
    size: tuple[int, int], kernel: int, dilation: int
) -> None:
    query, key, value, bias = random_maps(*size, kernel)
    with pytest.raises(ModelError, match=f"a kernel of {kernel} with dilation {dilation}"):
        neighborhood_attention(query, key, value, bias=bias, kernel=kernel, dilation=dilation)

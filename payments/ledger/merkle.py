"""Merkle trees as RFC 6962 hashes them: root, inclusion proof, and the check of a proof."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def root(leaves: Iterable[bytes]) -> bytes:
    """
    Hash *leaves* to one root, in one pass and with as much memory as the tree is high.

    RFC 6962, section 2.1: leaf and node have different prefixes, so that neither passes for the
    other; no leaf at all hashes to the hash of nothing.
    """
    # Complete subtrees, largest first, as (height, hash): equal neighbours merge at once.
    subtrees: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, hashed = 0, _leaf(leaf)
        while subtrees and subtrees[-1][0] == height:
            hashed = _node(subtrees.pop()[1], hashed)
            height += 1
        subtrees.append((height, hashed))
    if not subtrees:
        return hashlib.sha256().digest()
    result = subtrees.pop()[1]
    while subtrees:
        result = _node(subtrees.pop()[1], result)
    return result


def proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """
    List the hashes that lead from the leaf *index* to the root, nearest first.

    Raises:
        IndexError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} among {len(leaves)}")
    path: list[bytes] = []
    level = [_leaf(leaf) for leaf in leaves]
    while len(level) > 1:
        neighbour = index ^ 1
        if neighbour < len(level):
            path.append(level[neighbour])
        # An odd last node has no neighbour: it rises as it is.
        level = [
            _node(*level[at : at + 2]) if at + 1 < len(level) else level[at]
            for at in range(0, len(level), 2)
        ]
        index //= 2
    return tuple(path)


def proves(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes) -> bool:
    """Tell whether *path* leads from *leaf*, number *index* of *size*, to the root *expected*."""
    if not 0 <= index < size:
        return False
    left = list(path)
    hashed, at, last = _leaf(leaf), index, size - 1
    while last:
        if at % 2 or at < last:
            if not left:
                return False
            neighbour = left.pop(0)
            hashed = _node(neighbour, hashed) if at % 2 else _node(hashed, neighbour)
        at, last = at // 2, last // 2
    return not left and hashed == expected


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(_LEAF + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()

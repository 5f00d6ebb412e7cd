"""Merkle trees: the published example, and the promise of a proof."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from payments.ledger import merkle

#: Leaves and roots of the reference tests of certificate-transparency
#: (google/certificate-transparency, ``merkletree/merkle_tree_test``), for 0 to 8 leaves.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_are_those_of_certificate_transparency() -> None:
    for size, expected in enumerate(ROOTS):
        assert merkle.root(LEAVES[:size]).hex() == expected


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=70), st.data())
def test_every_leaf_has_a_proof_and_no_other_leaf_has_it(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    root, path = merkle.root(leaves), merkle.proof(leaves, index)

    assert merkle.proves(leaves[index], index, len(leaves), path, root)
    assert not merkle.proves(leaves[index] + b"x", index, len(leaves), path, root)
    assert not merkle.proves(leaves[index], index, len(leaves), (*path, bytes(32)), root)
    assert not merkle.proves(leaves[index], len(leaves), len(leaves), path, root)


def test_a_leaf_never_passes_for_a_node() -> None:
    left, right = (hashlib.sha256(b"\x00" + leaf).digest() for leaf in (b"a", b"b"))

    assert merkle.root([b"a", b"b"]) != merkle.root([left + right])

"""One entry proven alone: paths of every leaf of many trees, the plain signature check, and what neither believes."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some

from kyc_portal.audit.models import Entry
from kyc_portal.audit.proof import inclusion, plain_ed25519, sealer
from kyc_portal.audit.proof.places import Folder
from kyc_portal.audit.proof.verifier import Edge, UnsoundError, leaf_hash, root_of
from tests.audit.proof.conftest import seal_all

# RFC 8032, section 7.1: secret, public, message, signature.
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


class Stored:
    """A connection that answers as the log's tables would, over leaves in memory."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves

    def execute(self, asked: str, given: list[int]) -> list[tuple[object, ...]]:
        if "audit.node" in asked:
            return [(index, self._root(index)) for index in range(given[1])]
        return [(leaf,) for leaf in self.leaves[given[0] : given[1]]]

    def _root(self, index: int) -> bytes:
        edge = Edge()
        for leaf in self.leaves[index * sealer.BLOCK : (index + 1) * sealer.BLOCK]:
            edge.append(leaf)
        return edge.root()


def tree(size: int) -> tuple[list[bytes], inclusion.Tree, bytes]:
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    edge = Edge()
    for leaf in leaves:
        edge.append(leaf)
    return leaves, inclusion.Tree(Stored(leaves), size), edge.root()  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [*range(1, 70), 255, 256, 257, 511, 512, 513, 1000])
def test_every_leaf_of_every_tree_has_its_way_to_the_root(size: int) -> None:
    leaves, made, root = tree(size)
    for position in range(size) if size < 70 else (0, 1, 254, 255, size // 2, size - 2, size - 1):
        if position < size:
            assert root_of(leaves[position], position, size, made.path(position)) == root


def test_a_path_is_believed_at_its_own_place_only() -> None:
    leaves, made, root = tree(300)
    path = made.path(77)
    assert root_of(leaves[77], 77, 300, path) == root
    assert root_of(leaves[78], 77, 300, path) != root
    for position, size in ((76, 300), (78, 300), (77, 513), (-1, 300), (300, 300), (77, 0)):
        assert root_of(leaves[77], position, size, path) != root, (position, size)
    assert root_of(leaves[77], 77, 300, path[:-1]) is None
    assert root_of(leaves[77], 77, 300, [*path, root]) is None
    assert root_of(leaves[77], 77, 300, [path[0][:31], *path[1:]]) is None
    for level in range(len(path)):
        bent = [*path]
        bent[level] = bytes([bent[level][0] ^ 1]) + bent[level][1:]
        assert root_of(leaves[77], 77, 300, bent) != root
    with pytest.raises(ValueError, match="no leaf"):
        made.path(300)


def test_a_tree_with_holes_proves_nothing() -> None:
    leaves, _made, _root = tree(600)
    short = Stored(leaves[:590])
    with pytest.raises(UnsoundError, match="leaves are missing"):
        inclusion.Tree(short, 600).path(0)  # type: ignore[arg-type]


@pytest.mark.parametrize(("_secret", "public", "message", "signature"), VECTORS)
def test_the_published_signatures_verify(_secret: str, public: str, message: str, signature: str) -> None:
    assert plain_ed25519.verifies(*map(bytes.fromhex, (public, signature, message)))


@given(some.binary(min_size=32, max_size=32), some.binary(max_size=200), some.integers(0, 511))
def test_plain_python_believes_what_the_library_signs_and_no_bit_else(seed: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert plain_ed25519.verifies(public, signature, message)
    assert not plain_ed25519.verifies(public, signature, message + b"x")
    bent = bytearray(signature)
    bent[bit // 8] ^= 1 << bit % 8
    assert not plain_ed25519.verifies(public, bytes(bent), message)


def test_a_second_spelling_of_a_signature_is_none() -> None:
    _secret, public, message, signature = VECTORS[1]
    scalar = int.from_bytes(bytes.fromhex(signature)[32:], "little") + ORDER
    again = bytes.fromhex(signature)[:32] + scalar.to_bytes(32, "little")
    assert not plain_ed25519.verifies(bytes.fromhex(public), again, bytes.fromhex(message))
    assert not plain_ed25519.verifies(b"\xff" * 32, bytes.fromhex(signature), b"")
    assert not plain_ed25519.verifies(bytes.fromhex(public)[:31], bytes.fromhex(signature), b"")


@pytest.mark.django_db(transaction=True)
@pytest.mark.db_bound
def test_entries_of_the_log_are_proven_up_to_the_last_signature(
    sealing: psycopg.Connection,
    write: Callable[..., None],
    signers: list,
    outside: Folder,
    app_role,
    log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # An earlier test's checkpoint may be younger than a minute.
    monkeypatch.setattr(sealer, "SIGN_EVERY", sealer.SIGN_EVERY * 0)
    write(3)
    seal_all(sealing)
    assert sealer.sign(sealing, signers=signers, outside=outside)
    ids = [entry.id for entry in log.entries()]
    write(1)
    seal_all(sealing)
    late = Entry.objects.order_by("-id").values_list("id", flat=True)[0]
    proof = inclusion.prove(app_role, [*ids, late])
    checkpoint = proof.checkpoint
    assert checkpoint
    assert [each.id for each in proof.entries] == [*ids, late]
    for each in proof.entries[:-1]:
        assert each.position is not None
        assert root_of(leaf_hash(each.line), each.position, checkpoint.size, each.path) == checkpoint.root
    assert (proof.entries[-1].position, proof.entries[-1].path) == (None, ())

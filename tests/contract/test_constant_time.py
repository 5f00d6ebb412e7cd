"""What proves a message is compared in constant time, and by nothing else (faults M4)."""

from __future__ import annotations

import ast
import hmac
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import adapters
from payments.gateway import Capability, NotAuthentic

#: A word of a name that holds what only sender and receiver know, or what proves it.
_SECRET = re.compile(
    r"(^|_)(secret|token|key|signature|digest|mac|hmac|authorization|password|given|checksum)$"
)
_PROOFS = ("authorization", "x-sepay-signature", "x-casso-signature", "secure-token")
_ADAPTERS = sorted(
    path
    for folder in Path(adapters.__file__).parent.iterdir()
    if folder.is_dir() and not folder.name.startswith("_")
    for path in folder.glob("*.py")
)


def plain_comparisons(source: str) -> Iterator[str]:
    """Find secrets that are compared by ``==``, ``in`` or a method that stops at a difference."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            is_equality = any(isinstance(op, ast.Eq | ast.NotEq | ast.In) for op in node.ops)
            # Against a word of ours it asks which kind of secret there is, or whether there is one.
            if is_equality and not any(isinstance(side, ast.Constant) for side in sides):
                yield from (ast.unparse(node) for side in sides if _is_secret(side))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_partial = node.func.attr in ("startswith", "endswith", "__eq__")
            if is_partial and any(_is_secret(one) for one in node.args):
                yield ast.unparse(node)


def _is_secret(node: ast.expr) -> bool:
    names = {
        ast.Name: lambda one: one.id,
        ast.Attribute: lambda one: one.attr,
        ast.Call: lambda one: _called(one),
        ast.Subscript: lambda one: _text(one.slice),
    }
    for kind, name in names.items():
        if isinstance(node, kind):
            return _SECRET.search(name(node).lower().replace("-", "_")) is not None
    return False


def _called(node: ast.Call) -> str:
    """Name what a call works on: ``sign(…)`` and ``token.encode()`` give secrets too."""
    match node.func:
        case ast.Name(id=name):
            return "signature" if name.lstrip("_") in ("sign", "digest") else name
        case ast.Attribute(attr="encode" | "hexdigest" | "lower" | "strip", value=value):
            return ast.unparse(value).rpartition(".")[2].partition("(")[0]
        case ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_no_adapter_compares_a_secret_by_itself():
    assert len(_ADAPTERS) > 8
    found = {
        f"{path.parent.name}/{path.name}: {one}"
        for path in _ADAPTERS
        for one in plain_comparisons(path.read_text(encoding="utf-8"))
    }

    assert found == set()


@pytest.mark.parametrize(
    "planted",
    [
        "given == sign(body, secret)",
        "headers['x-sepay-signature'] != expected",
        "self.settings.webhook_key == text",
        "_digest(message, at, key) in header",
        "header.startswith(token)",
        "token.encode() == header",
    ],
)
def test_a_planted_comparison_is_found(planted):
    assert list(plain_comparisons(planted))


def test_every_signature_module_asks_the_constant_time_comparison():
    signatures = [path for path in _ADAPTERS if path.name == "signature.py"]
    assert signatures

    for path in signatures:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}
        provers = [name for name in functions if name.startswith(("is_", "has_"))]
        assert provers, path
        for prover in provers:
            # It compares itself, or by a function of its module that it calls.
            asked = [prover, *(one for one in _named_calls(functions[prover]) if one in functions)]
            texts = [ast.unparse(functions[one]) for one in asked]
            assert any("hmac.compare_digest(" in text for text in texts), (path, prover)


def _named_calls(function):
    calls = (one for one in ast.walk(function) if isinstance(one, ast.Call))
    return [one.func.id for one in calls if isinstance(one.func, ast.Name)]


@pytest.fixture
def notifier(gateway):
    if Capability.NOTIFIES not in gateway.supports:
        pytest.skip("it sends no messages")
    return gateway


def altered(raw):
    """A copy of *raw* whose proof has another last character of the same kind."""
    [name] = [name for name in raw.headers if name in _PROOFS]
    proof = raw.headers[name]
    last = "1" if proof[-1] != "1" else "0"
    return replace(raw, headers={**raw.headers, name: proof[:-1] + last})


def test_the_true_message_is_refused_when_the_comparison_says_no(notifier, notified, monkeypatch):
    raw = notified()
    assert notifier.read(raw)

    monkeypatch.setattr(hmac, "compare_digest", lambda *_: False)

    with pytest.raises(NotAuthentic):
        notifier.read(raw)


def test_nothing_but_the_comparison_tells_a_forged_proof(notifier, notified, monkeypatch):
    forged = altered(notified())
    with pytest.raises(NotAuthentic):
        notifier.read(forged)
    asked = []

    def agrees(one, other):
        asked.append(len(one) == len(other))
        return True

    monkeypatch.setattr(hmac, "compare_digest", agrees)

    assert notifier.read(forged)
    # The whole of both, not a part: where the lengths are equal, no length tells anything.
    assert asked == [True]

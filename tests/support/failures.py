"""Every failure that the programs can raise: its classes, and where each is made of what."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import adapters
import payments
from payments.kernel.errors import InvalidField, VienphiError

#: Calls whose argument is a key of ``invalid.*``: its place among the positional ones.
_KEY_AT = {"InvalidField": 1, "Problem": 2, "NotReadable": 0, "NotACell": 0, "_BadCell": 1}
#: Short ways of the reader of tables to the same.
_KEY_AT |= {"problem": 1, "_refused": 0}
#: What is known besides the keywords, for whoever catches them adds it.
_ADDED = {
    "InvalidField": {"field"},
    "NotACell": {"told", "title"},
    "_BadCell": {"title"},
}
_NO_FACTS = {"line", "key", "field", "wrong", "letters_max"}


@dataclass(frozen=True, slots=True)
class Made:
    """A place where a failure is made; *key* names its sentence."""

    key: str
    facts: frozenset[str]
    where: str


def classes() -> tuple[type[VienphiError], ...]:
    """Find every failure of payments and adapters, imported or not."""
    for package in (payments, adapters):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(("__main__", ".gunicorn")):
                importlib.import_module(module.name)
    found = [VienphiError]
    for kind in found:
        found.extend(kind.__subclasses__())
    return tuple(
        kind for kind in found if kind.__module__.split(".")[0] in ("payments", "adapters")
    )


def made() -> tuple[Made, ...]:
    """Read the sources for every place that makes one."""
    codes = {kind.__name__: kind.code for kind in classes() if not issubclass(kind, InvalidField)}
    return tuple(one for path, tree in trees() for one in _made(path, tree, codes))


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for package in (payments, adapters):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def _made(path: Path, tree: ast.Module, codes: dict[str, str]) -> Iterator[Made]:
    # From the outside in, so that the innermost function is the owner.
    owners = {
        part: function
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for part in ast.walk(function)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if isinstance(node.func, ast.Attribute):
            name = node.func.attr
        where = f"{path.name}:{node.lineno}"
        told = {word.arg for word in node.keywords if word.arg} - _NO_FACTS
        if name in _KEY_AT:
            key = _literal(node.args[_KEY_AT[name]]) if len(node.args) > _KEY_AT[name] else None
            if key is not None:
                if name == "Problem" and len(node.args) == 4:
                    told |= _keys_of(node.args[3], owners[node])
                yield Made(f"invalid.{key}", frozenset(told | _ADDED.get(name, set())), where)
        elif any(word.arg == "wrong" for word in node.keywords):
            # A function that reads a field, and is told the key of what may be wrong with it.
            [wrong] = [word.value for word in node.keywords if word.arg == "wrong"]
            key = _literal(wrong)
            assert key is not None, f"{where}: a key is written where it is used"
            most = {"most"} if any(word.arg == "letters_max" for word in node.keywords) else set()
            yield Made(f"invalid.{key}", frozenset(told | most | {"field"}), where)
        elif name in codes:
            yield Made(f"error.{codes[name]}", frozenset(told), where)


def _keys_of(facts: ast.expr, function: ast.AST) -> set[str]:
    """Name the facts of a dictionary, written there or in a variable of the same function."""
    if isinstance(facts, ast.Name):
        given = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            and any(isinstance(one, ast.Name) and one.id == facts.id for one in node.targets)
        ]
        # Every assignment must have what the sentence needs, so that no order matters.
        return set.intersection(*(_keys_of(value, function) for value in given))
    assert isinstance(facts, ast.Dict), ast.unparse(facts)
    return {key.value for key in facts.keys if isinstance(key, ast.Constant)}


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None

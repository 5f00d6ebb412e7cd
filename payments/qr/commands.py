"""``vienphi qr decode`` and ``vienphi qr encode``: payment codes at the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from payments.kernel.errors import InvalidField, Rejected
from payments.kernel.money import Money
from payments.qr import drawing
from payments.qr.banks import Banks
from payments.qr.parsing import ParseResult, parse
from payments.qr.vietqr import BuildRequest, build
from payments.words.arguments import unreadable
from payments.words.catalogue import TERMINAL
from payments.words.explaining import sentence

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

#: A photograph; the number of pixels is limited where it is opened.
_PICTURE_MAX_BYTES: Final = 20_000_000
_MODULE_PX: Final = 8


def add_commands(subparsers: SubParsers) -> None:
    """Add ``qr`` with its own commands; each sets ``run``, from the arguments to an exit status."""
    qr = subparsers.add_parser("qr", help="read and write payment codes")
    commands = qr.add_subparsers(dest="qr_command", required=True)
    _add_decode(commands)
    _add_encode(commands)


def _add_decode(commands: SubParsers) -> None:
    decode = commands.add_parser(
        "decode", help="say what a payment code holds, as JSON; status 1 if it is broken"
    )
    source = decode.add_mutually_exclusive_group(required=True)
    source.add_argument("text", nargs="?", help="the text of one code")
    source.add_argument("--image", type=Path, metavar="FILE", help="a picture with QR symbols")
    source.add_argument(
        "--jsonl",
        action="store_true",
        help="one JSON string per line of the input, one JSON object per line of the output",
    )
    decode.set_defaults(run=_explained(_decode))


def _add_encode(commands: SubParsers) -> None:
    encode = commands.add_parser("encode", help="write a payment code as text or as a picture")
    encode.add_argument("--bin", required=True, help="six digits that name the bank")
    encode.add_argument("--account", required=True)
    encode.add_argument("--amount", type=int, metavar="DONG", help="left out: the payer types it")
    encode.add_argument("--purpose", default="", help="the note; put the payment code first")
    for option in (
        "--bill",
        "--store",
        "--terminal",
        "--merchant-name",
        "--merchant-city",
        "--mcc",
    ):
        encode.add_argument(option, default="")
    encode.add_argument("--banks", type=Path, metavar="CSV", help="instead of the shipped table")
    picture = encode.add_mutually_exclusive_group()
    picture.add_argument("--svg", type=Path, metavar="FILE")
    picture.add_argument("--png", type=Path, metavar="FILE")
    encode.add_argument(
        "--paper",
        type=int,
        choices=(58, 80),
        help="with --png: as large as a 203 dpi printer on paper of this width (mm) can print it",
    )
    encode.set_defaults(run=_explained(_encode))


def _explained(command: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Wrap *command* so that what a person did wrong is told in one line, not in a traceback."""

    def run(arguments: argparse.Namespace) -> int:
        try:
            return command(arguments)
        except InvalidField as refusal:
            print(f"vienphi qr: {refusal.field}: {sentence(refusal, TERMINAL)}", file=sys.stderr)
        except OSError as refusal:
            print(f"vienphi qr: {sentence(unreadable(refusal), TERMINAL)}", file=sys.stderr)
        except Rejected as refusal:
            print(f"vienphi qr: {refusal}", file=sys.stderr)
        return 1

    return run


def _decode(arguments: argparse.Namespace) -> int:
    if arguments.jsonl:
        return _decode_lines()
    if arguments.image is not None:
        with arguments.image.open("rb") as file:
            picture = file.read(_PICTURE_MAX_BYTES + 1)
        if len(picture) > _PICTURE_MAX_BYTES:
            raise InvalidField("image", "file_bytes", most=_PICTURE_MAX_BYTES)
        texts = drawing.texts_in(picture)
        if not texts:
            raise InvalidField("image", "picture_no_code")
    else:
        texts = (arguments.text,)
    results = [parse(text) for text in texts]
    for result in results:
        _print(result)
    return 0 if all(result.valid for result in results) else 1


def _decode_lines() -> int:
    """Read every line, whatever the others hold: a bad line is reported by its number."""
    status = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        result = _decode_line(line)
        if result is None:
            problem = {"line": number, "error": f"line {number} is not one JSON string"}
            print(json.dumps(problem), file=sys.stderr)
            status = 1
        else:
            _print(result)
    return status


def _decode_line(line: bytes) -> ParseResult | None:
    try:
        text = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return parse(text) if isinstance(text, str) else None


def _print(result: ParseResult) -> None:
    # The terminal's own encoding may not have the letters; half a pair is written as \udXXX,
    # which is how JSON spells it.
    line = json.dumps(asdict(result), ensure_ascii=False) + "\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


def _encode(arguments: argparse.Namespace) -> int:
    if arguments.paper and not arguments.png:
        raise InvalidField("paper", "png_missing")
    banks = Banks.from_csv(arguments.banks) if arguments.banks else Banks.bundled()
    text = build(
        BuildRequest(
            bin=arguments.bin,
            account=arguments.account,
            amount=None if arguments.amount is None else Money(arguments.amount),
            purpose=arguments.purpose,
            bill_number=arguments.bill,
            store_label=arguments.store,
            terminal=arguments.terminal,
            merchant_name=arguments.merchant_name,
            merchant_city=arguments.merchant_city,
            mcc=arguments.mcc,
        ),
        banks,
    )
    if arguments.svg:
        arguments.svg.write_text(drawing.svg(text), encoding="utf-8")
    elif arguments.png:
        arguments.png.write_bytes(_png(text, arguments.paper))
    else:
        print(text)
    return 0


def _png(text: str, paper: int | None) -> bytes:
    match paper:
        case 58 | 80:
            return drawing.for_paper(text, paper)
        case _:
            return drawing.png(text, _MODULE_PX)

"""
Hundreds of texts that are code somewhere: in HTML, SVG, addresses, templates, typst, spreadsheets.

Each one that could run calls ``vpHit(n)`` or leaves a product behind that nobody types; so a test
sees what was run, and does not have to know how.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

#: 1337 * 7331: on a page it says that a template has reckoned.
PRODUCT: Final = "9801547"
_SUM: Final = "1337*7331"
_CALL: Final = "vpHit({n})"

_TAGS: Final = (
    "<script>{call}</script>",
    "<SCRIPT>{call}</SCRIPT>",
    "<script src=//x.example></script>",
    "<script/src=data:,{call}></script>",
    "<script\n>{call}</script>",
    "<scr<script>ipt>{call}",
    "</script><script>{call}</script>",
    "</title><script>{call}</script>",
    "</textarea><script>{call}</script>",
    "</style><script>{call}</script>",
    "--><script>{call}</script>",
    "]]><script>{call}</script>",
    "<!--<img src=--><script>{call}//",
    "<img src=x onerror={call}>",
    "<img/src=x/onerror={call}>",
    "<img src=x onerror='{call}'",
    "<svg onload={call}>",
    "<svg/onload={call}>",
    "<svg><script>{call}</script></svg>",
    "<svg><animate onbegin={call} attributeName=x dur=1s>",
    "<svg><set onbegin={call}>",
    "<svg><a xlink:href=javascript:{call}><text y=9>x</text></a></svg>",
    "<svg><use href=data:image/svg+xml,x#x></use></svg>",
    "<svg><foreignObject><iframe src=javascript:{call}></iframe></foreignObject></svg>",
    "<math><mtext><img src=x onerror={call}></mtext></math>",
    "<body onload={call}>",
    "<iframe src=javascript:{call}></iframe>",
    "<iframe srcdoc='<script>{call}</script>'>",
    "<object data=javascript:{call}></object>",
    "<embed src=javascript:{call}>",
    "<a href=javascript:{call}>x</a>",
    "<a href='java\tscript:{call}'>x</a>",
    "<a href='&#106;avascript:{call}'>x</a>",
    "<form action=javascript:{call}><button>x</form>",
    "<button formaction=javascript:{call}>x</button>",
    "<input onfocus={call} autofocus>",
    "<details open ontoggle={call}>",
    "<video><source onerror={call}></video>",
    "<audio src=x onerror={call}>",
    "<marquee onstart={call}>",
    "<select onfocus={call} autofocus>",
    "<style>@import'//x.example/a.css';</style>",
    "<style>*{{background:url(//x.example)}}</style>",
    "<link rel=stylesheet href=//x.example>",
    "<base href=//x.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:{call}'>",
    "<template><script>{call}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={call}>'>",
    "<p style=background:url(javascript:{call})>",
    "<x contenteditable onblur={call}>x",
    "<portal src=javascript:{call}>",
    "<isindex type=image src=1 onerror={call}>",
)  # fmt: skip
_ATTRIBUTES: Final = (
    '" onmouseover="{call}',
    "' onmouseover='{call}",
    '"><script>{call}</script>',
    "'><script>{call}</script>",
    '" autofocus onfocus="{call}" x="',
    "` onerror={call} `",
    '"/><svg onload={call}>',
    "x onload={call}",
    '" style="x:expression({call})',
    '"><img src=x onerror={call}>',
)  # fmt: skip
_ADDRESSES: Final = (
    "javascript:{call}",
    "JaVaScRiPt:{call}",
    " javascript:{call}",
    "javascript://%0a{call}",
    "data:text/html,<script>{call}</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "vbscript:{call}",
    "//x.example/%2f..",
    "https://x.example\\@localhost/",
    "/\\x.example",
)  # fmt: skip
_ENTITIES: Final = (
    "&lt;script&gt;{call}&lt;/script&gt;",
    "&#60;script&#62;{call}&#60;/script&#62;",
    "&#x3c;img src=x onerror={call}&#x3e;",
    "\\u003cscript\\u003e{call}\\u003c/script\\u003e",
    "%3Cscript%3E{call}%3C/script%3E",
    "＜script＞{call}＜/script＞",
    "‹script›{call}‹/script›",
    "&quot; onload=&quot;{call}",
    "&NewLine;<img src=x onerror={call}>",
    "+ADw-script+AD4-{call}",
)  # fmt: skip
_TEMPLATES: Final = (
    "{{{{{sum}}}}}",
    "{{%print({sum})%}}",
    "${{{sum}}}",
    "#{{{sum}}}",
    "<%= {sum} %>",
    "{{{{config}}}}",
    "{{{{''.__class__.__mro__}}}}",
    "{{{{request.environ}}}}",
    "{{{{url_for.__globals__}}}}",
    "{{0.__class__}}",
    "%(sum)s",
    "{{# {sum} #}}",
    "{{{{{sum}|safe}}}}",
    "@({sum})",
    "[[{sum}]]",
    "*{{{sum}}}",
    "~{{{sum}}}",
    "{{php}}{sum}{{/php}}",
)  # fmt: skip
_SCRIPTS: Final = (
    "';{call}//",
    '";{call}//',
    "\\';{call}//",
    "`;{call}//",
    "</script>{call}",
    "${{{call}}}",
    "'-{call}-'",
    '"-{call}-"',
    "__proto__",
    "constructor.constructor('{call}')()",
)  # fmt: skip
_TYPST: Final = (
    "#({sum})",
    "#calc.pow(2, 3)",
    '#read("/etc/passwd")',
    '#import "paper.typ"',
    "#panic()",
    '#include "receipt.typ"',
    '#eval("{sum}")',
    "$ {sum} $",
    "= {sum}",
    "*{sum}*",
    "#let x = {sum}; #x",
    '#link("javascript:{call}")[x]',
    "@label <label>",
    "`#({sum})`",
    "] #({sum}) [",
    '" + str({sum}) + "',
    '#image("x.svg")',
    "#while true {{}}",
    "//",
    "/* {sum}",
)  # fmt: skip
_FORMULAS: Final = (
    "={sum}",
    "+{sum}",
    "-{sum}",
    "@SUM({sum})",
    '=HYPERLINK("http://x.example","x")',
    "=cmd|'/c calc'!A0",
    "+cmd|'/c calc'!A0",
    "-2+3+cmd|'/c calc'!A0",
    "@SUM(1+1)*cmd|'/c calc'!A0",
    '=IMPORTXML("http://x.example","//a")',
    '=1+1";x',
    " ={sum}",
    "＝{sum}",
    "＋{sum}",
    "－{sum}",
    "＠x",
    '","={sum}',
    "';={sum}",
    '"={sum}',
    'DDE("cmd";"/c calc")',
    '=WEBSERVICE("http://x.example")',
)  # fmt: skip
_ODD: Final = (
    "\u202e<script>{call}</script>",
    "<script\u200b>{call}</script>",
    "<\u0301script>{call}</script>",
    "\ufeff<script>{call}</script>",
    "<scr\u00adipt>{call}</scr\u00adipt>",
    "\u2028{call}",
    "{call}\0",
    "<ſcript>{call}</ſcript>",
    "<ſvg onload={call}>",
    "\x1b[2J\x1b]0;{call}\x07",
    "\x1b@\x1bp\x00\x19\xfa",
    "\x1d(L\x06\x00",
    "<İmg src=x onerror={call}>",
    "K\u212a<svg onload={call}>",
    "\r\nSet-Cookie: x={call}",
    "\r\n\r\n<script>{call}</script>",
)  # fmt: skip
_KINDS: Final = (
    _TAGS,
    _ATTRIBUTES,
    _ADDRESSES,
    _ENTITIES,
    _TEMPLATES,
    _SCRIPTS,
    _TYPST,
    _FORMULAS,
    _ODD,
)  # fmt: skip
#: How a payload stands in what a person would write: at the begin, within, after a quote.
_AROUND: Final = ("{}", "AN {}", '"{}', "{} AN", "'{}", ">{}")


def payloads(count: int) -> list[str]:
    """Give *count* texts, kinds in turn, first each as it stands, then with something around it."""
    made: dict[str, None] = {}
    for number, text in enumerate(_endless()):
        call = _CALL.format(n=number)
        made[text.format(call=call, sum=_SUM)] = None
        if len(made) == count:
            return list(made)
    raise ValueError(count)


def _endless() -> Iterator[str]:
    for around in itertools.cycle(_AROUND):
        for turn in itertools.zip_longest(*_KINDS):
            yield from (around.replace("{}", text) for text in turn if text is not None)

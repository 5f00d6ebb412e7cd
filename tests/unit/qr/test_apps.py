"""The table of bank apps: what is shipped tells nobody anything, what a hospital writes may."""

from __future__ import annotations

from pathlib import Path

import pytest

from payments.kernel.errors import InvalidField
from payments.qr import apps

HEADER = "id,name,bank,link\n"
TRANSFER = apps.Transfer("0071000123456", "970436", "VCB", 1_250_000, "VPH8K3M2Q7XA")


def written(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / f"apps-{abs(hash(rows))}.csv"
    file.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return file


def test_shipped_links_open_an_app_and_tell_nothing_of_the_transfer() -> None:
    shipped = apps.links(apps.table(None), TRANSFER)

    assert len(shipped) >= 15
    for app in shipped:
        assert app.link.startswith("https://dl.vietqr.io/pay?app=")
        assert not any(fact in app.link for fact in ("0071", "1250000", "VPH", "970436"))
    assert len({app.link for app in shipped}) == len(shipped)


def test_a_table_of_the_hospital_may_fill_the_app_in(tmp_path: Path) -> None:
    link = "https://dl.vietqr.io/pay?app=mb&ba={account}@{bank}&am={amount}&tn={code}"

    [app] = apps.links(apps.table(written(tmp_path, f"mb,MBBank,MB,{link}")), TRANSFER)

    assert app.link == (
        "https://dl.vietqr.io/pay?app=mb&ba=0071000123456@vcb&am=1250000&tn=VPH8K3M2Q7XA"
    )


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "javascript://x/%0aalert(1)",
        "data:text/html,x",
        "http://bank.example",
        "//bank.example",
        "/p/x",
        "",
        "https://bank.example/ x",
        "https://bank.example/{name}",
    ],
)
def test_a_link_that_opens_no_app_is_refused(tmp_path: Path, link: str) -> None:
    with pytest.raises(InvalidField) as refused:
        apps.table(written(tmp_path, f'x,App,Bank,"{link}"'))

    assert refused.value.field == "link"
    assert refused.value.line == 2


def test_a_scheme_of_an_app_is_a_link(tmp_path: Path) -> None:
    [app] = apps.table(written(tmp_path, "x,App,Bank,bankapp://transfer"))

    assert app.link == "bankapp://transfer"

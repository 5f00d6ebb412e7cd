"""
Which accounts move when something happens: the rules P01 to P46 of the ledger's specification.

    invoices     P01 P03 P04 P26 P41 P45    settlements  P20 P20b P21 P22 P27
    money_in     P05-P10 P42                disputes     P23 P24 P25 P26
    suspense     P11 P12                    insurance    P28-P38 P46
    deposits     P13 P14 P15                cash         P39 P40
    refunds      P16 P17 P18 (P19)          corrections  P02 P19 P43 P44
    settlement   P01 P29 P31 of claims

Pure functions: plain values in, an ``Entry`` out; no database, no clock, no settings. ``money``
names the place, the key and the fingerprint of money that moves.
"""

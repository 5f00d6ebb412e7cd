"""
Cases of coverage as JSON: one object a case, read strictly, answered in the words of claims.

The format is that of the public vectors (docs/insurance.md). What cannot be read is refused with
the name of its field, and never repaired.
"""

from payments.insurance.cases.answering import answer as answer
from payments.insurance.cases.answering import expected as expected
from payments.insurance.cases.bills import bill_of as bill_of
from payments.insurance.cases.reading import Case as Case
from payments.insurance.cases.reading import case_of as case_of
from payments.insurance.cases.reading import read_case as read_case

"""Tables that people send: CSV and XLSX read strictly into cells, with the place of every error."""

from payments.sheets.problems import UnreadableSheet as UnreadableSheet
from payments.sheets.table import Line as Line
from payments.sheets.table import Titles as Titles
from payments.sheets.table import read as read

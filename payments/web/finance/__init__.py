"""Finance: a day's books against the bank's, what differs, and money that waits for its owner."""

from payments.web.finance import accounts as accounts
from payments.web.finance import bhyt as bhyt
from payments.web.finance import bhyt_files as bhyt_files
from payments.web.finance import bhyt_import as bhyt_import
from payments.web.finance import bills as bills
from payments.web.finance import closings as closings
from payments.web.finance import credits as credits
from payments.web.finance import days as days
from payments.web.finance import disputes as disputes
from payments.web.finance import einvoices as einvoices
from payments.web.finance import exports as exports
from payments.web.finance import fees as fees
from payments.web.finance import inbox as inbox
from payments.web.finance import moves as moves
from payments.web.finance import overview as overview
from payments.web.finance import paybacks as paybacks
from payments.web.finance import payouts as payouts
from payments.web.finance import refunds as refunds
from payments.web.finance import rules as rules
from payments.web.finance import statements as statements
from payments.web.finance.views import finance as finance

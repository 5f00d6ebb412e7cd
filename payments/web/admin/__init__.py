"""Administration: people, prices, channels, and whether everything is alive."""

from payments.web.admin import channels as channels
from payments.web.admin import fees as fees
from payments.web.admin import health as health
from payments.web.admin import new_channel as new_channel
from payments.web.admin import prices as prices
from payments.web.admin import switches as switches
from payments.web.admin import user_import as user_import
from payments.web.admin import users as users
from payments.web.admin.views import admin as admin

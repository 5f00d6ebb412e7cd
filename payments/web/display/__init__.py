"""The second screen, which faces the patient at a cash point."""

from payments.web.display import screen
from payments.web.display.views import display

#: Importing it has added its views.
__all__ = ["display", "screen"]

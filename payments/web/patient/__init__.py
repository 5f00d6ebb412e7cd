"""What a patient or a relative opens on a telephone; works without any script."""

from payments.web.patient import claim, family, going, look_up, pay
from payments.web.patient.views import patient

#: Importing them has added their views.
__all__ = ["claim", "family", "going", "look_up", "patient", "pay"]

"""What a patient or a relative opens on a telephone; works without any script."""

from payments.web.patient.pay import patient

__all__ = ["patient"]

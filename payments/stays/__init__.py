"""Stays (nội trú) and advances (tạm ứng): what was paid ahead, and how long it will last."""

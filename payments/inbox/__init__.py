"""What gateways tell us: proven, stored first, applied second, once."""

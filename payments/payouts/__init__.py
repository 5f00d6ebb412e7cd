"""What gateways pay out: their reports line by line, and the bank credit of each batch."""

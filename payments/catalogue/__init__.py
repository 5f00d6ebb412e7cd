"""What the hospital sells: services of its departments, at prices with dates."""

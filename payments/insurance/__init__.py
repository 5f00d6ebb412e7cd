"""Social health insurance (BHYT): what it pays of an encounter, and by which article."""

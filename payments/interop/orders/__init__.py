"""Orders of a hospital information system: taken in, billed once, changed by a person after."""

"""Papers: amounts in words, and pages set by typst."""

"""One writer for each form of a file: rows go in one by one, bytes go out; nothing is kept."""

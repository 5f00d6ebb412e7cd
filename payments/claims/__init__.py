"""Claims to the insurer: dossiers (GIAMDINHHS) read, checked and computed again."""

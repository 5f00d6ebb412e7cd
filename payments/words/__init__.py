"""The words that people read, in three languages, and how amounts and times look among them."""

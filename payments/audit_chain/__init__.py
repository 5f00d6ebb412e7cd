"""The chain over the audit: it finds events that were edited, deleted or put in later."""

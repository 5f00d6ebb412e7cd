"""The rows of each file that finance takes out: a module a file (workflows C9)."""

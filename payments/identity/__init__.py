"""Who works here: users, their roles, their sessions, and what each role may do."""

"""What programs of the hospital show instead of a sign-in: tokens, their scopes and their limit."""

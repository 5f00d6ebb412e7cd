"""Pages and answers over HTTP: one folder per audience, shared set-up beside them."""

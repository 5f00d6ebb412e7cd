"""Money that goes back the way it came: asked for by one person, approved by another."""

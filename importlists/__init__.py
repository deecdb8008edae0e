"""Import lists: what the world is watching. The place is held; providers come later."""

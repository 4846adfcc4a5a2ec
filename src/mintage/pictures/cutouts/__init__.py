"""Real images and what shows the object in them: reference folders, masks and their confidence."""

"""New places for objects: generated surroundings, placing, light, shadow, filling holes."""

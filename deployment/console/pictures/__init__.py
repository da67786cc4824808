"""Pictures of our own: figures in, shapes for SVG out. Colours are classes, so that they follow light and dark."""

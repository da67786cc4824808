"""The OpenAPI document of all faces, and the pages on which a person reads it."""

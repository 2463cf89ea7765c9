"""The registry in the formats of others, and as a site."""

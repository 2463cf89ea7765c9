"""Other people's tables turned into facts."""

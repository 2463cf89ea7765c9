"""A registry as a site of plain pages: first the pages as values, then their writers (extra ``site``)."""

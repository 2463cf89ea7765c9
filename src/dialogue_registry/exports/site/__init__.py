"""A registry published as a folder that Datasette serves (extra ``[publish]``)."""

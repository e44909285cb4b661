"""The web server: the HTTP API and what guards it."""

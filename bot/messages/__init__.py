"""From a message to a request: what is asked, of which options, in whose words."""

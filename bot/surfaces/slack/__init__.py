"""The Slack door: a durable queue of what was asked, and an app that fills it and shows the answers."""

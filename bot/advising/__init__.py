"""From a decision to advice: its reasons, its price, what would change it, the record."""

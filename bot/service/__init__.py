"""What every door of a server offers, whatever protocol it speaks."""

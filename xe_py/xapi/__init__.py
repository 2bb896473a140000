"""What XAPI knows besides its classes: guests, memory, placement, drivers, addresses, most guards and rules."""

"""What XAPI knows besides its classes: guests, memory, placement, drivers, addresses, many guards and rules."""

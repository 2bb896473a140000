"""What several operations do: the effects that they share."""

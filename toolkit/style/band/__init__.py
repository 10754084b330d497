"""Hand a lead sheet to a band: form, players, what they share."""

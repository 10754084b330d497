"""Train the checkpoints: data recipes, damage simulation, one loop."""

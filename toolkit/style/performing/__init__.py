"""Play an arrangement: swing, timing, dynamics, articulation, the mix."""

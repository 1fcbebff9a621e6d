"""The seeded trainings that lessons record: torch, on the CPU. They make numbers; they check none."""

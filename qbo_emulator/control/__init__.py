"""What tests and people use to steer the emulator and to look into it."""

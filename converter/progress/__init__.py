"""What a training run tells its user: its plan, the time that is left, what the student says, and a report."""

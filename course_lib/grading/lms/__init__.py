"""Exchange files with learning management systems: import submissions, export points."""

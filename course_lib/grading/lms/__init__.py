"""Exchange files with learning management systems: submissions in, points out."""

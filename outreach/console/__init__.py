"""The counselors' pages."""

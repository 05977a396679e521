"""Titles 职称评审: rounds for blind medical massage, their papers and dates, and one's own way through. Item 14."""

"""Jobs 招聘: openings heard, saved, applied for, and new ones that fit announced. Items 1-4, 6, 12-16 of the plan."""

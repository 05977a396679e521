"""Policies 政策: short answers by topic, each with its source and date, kept by counselors. Items 1-8, 11, 13, 20."""

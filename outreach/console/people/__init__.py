"""One person, one plan 一人一策: finding people, their files, what they need and were given, merging, handing over."""

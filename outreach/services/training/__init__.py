"""Training 培训: courses heard, places taken, waited for and given back, reminded of. Items 1 and 7 of domain C2."""

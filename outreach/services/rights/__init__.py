"""Rights 维权: discrimination, unpaid wages, unlawful dismissal reported, and the case followed. Item 19."""

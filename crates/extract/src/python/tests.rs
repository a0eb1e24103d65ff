//! The reader as a whole, on small packages.

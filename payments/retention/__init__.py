"""What is kept about people, why and how long; what is erased when; what a person may have."""

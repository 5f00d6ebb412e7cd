"""What the program is made of, said in a form that other programs check."""

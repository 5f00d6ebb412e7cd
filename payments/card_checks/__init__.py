"""What the insurer's portal, or a person in its place, said of a patient's card at a visit."""

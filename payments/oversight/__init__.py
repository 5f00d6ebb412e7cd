"""What a reviewer is told of this installation: weak places, evidence, patterns of insiders."""

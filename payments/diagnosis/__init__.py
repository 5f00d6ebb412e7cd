"""Says why a gateway and we do not understand each other: for IT, at the command line."""

"""What is done to the results of a layer before they are stored."""

"""What helps to look at a map: live preview, swipe, disagreement with the labels."""

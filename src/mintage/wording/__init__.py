"""What is said of pictures in words: what a prompt has to say, how a model is asked, what a text shows."""

"""What bots work with: none of this is a bot."""

"""Servers elsewhere: one client layer for words and pixels, prices, what in flight means."""

"""Bookings 预约: time with a massage shop, a counselor, a studio, the bank, legal aid. Items 5, 6, 9, 11, 13, 16."""

"""The telephone hotline and SMS service of Wuwei for disabled people looking for work."""

"""Staff 工作人员: counselors who ring in with a PIN, and are connected with people."""

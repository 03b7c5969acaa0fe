package courier

// DemandsTLS reports whether the courier speaks to no server without TLS.
func (s *SMTP) DemandsTLS() bool { return !s.plain }

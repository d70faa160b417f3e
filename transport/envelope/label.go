package envelope

// typeLabel begins a label header; it was chosen so that no message type and no encryption version equals it.
const typeLabel = 244

func labelOverhead(label string) int {
	if label == "" {
		return 0
	}
	return 2 + len(label)
}

// appendLabel appends the header, nothing for an empty label.
func appendLabel(dst []byte, label string) []byte {
	if label == "" {
		return dst
	}
	return append(append(dst, typeLabel, byte(len(label))), label...)
}

// cutLabel splits a packet into its label, nil without a header, and the rest. It fails with ErrLabel.
func cutLabel(b []byte) (label, rest []byte, err error) {
	if len(b) == 0 || b[0] != typeLabel {
		return nil, b, nil
	}
	if len(b) < 2 || b[1] == 0 || len(b)-2 < int(b[1]) {
		return nil, nil, ErrLabel
	}
	end := 2 + int(b[1])
	return b[2:end], b[end:], nil
}

// checkLabel applies the policy of c to a received label, nil for none. It fails with ErrLabel.
func (c *Config) checkLabel(label []byte) error {
	if c.SkipInboundLabelCheck {
		if label != nil {
			return ErrLabel
		}
		return nil
	}
	if string(label) != c.Label {
		return ErrLabel
	}
	return nil
}

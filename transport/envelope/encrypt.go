package envelope

// Lengths of an encrypted payload: version, nonce and tag around the text.
const (
	tagBytes        = 16
	sealedBytesMin1 = 1 + NonceBytes + tagBytes
	sealedBytesMin0 = sealedBytesMin1 + padBytes
	padBytes        = 16
)

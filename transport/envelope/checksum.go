package envelope

import (
	"encoding/binary"
	"hash/crc32"
)

const (
	typeChecksum        = 12
	checksumHeaderBytes = 5
)

// putChecksum writes the header over the first five bytes of b for the payload behind them.
func putChecksum(b []byte) {
	b[0] = typeChecksum
	binary.BigEndian.PutUint32(b[1:], crc32.ChecksumIEEE(b[checksumHeaderBytes:]))
}

// cutChecksum verifies and removes a checksum header if there is one. It fails with ErrChecksum, and with ErrType for a
// header cut short.
func cutChecksum(b []byte) ([]byte, error) {
	if len(b) == 0 || b[0] != typeChecksum {
		return b, nil
	}
	if len(b) < checksumHeaderBytes {
		return nil, ErrType
	}
	payload := b[checksumHeaderBytes:]
	if binary.BigEndian.Uint32(b[1:]) != crc32.ChecksumIEEE(payload) {
		return nil, ErrChecksum
	}
	return payload, nil
}

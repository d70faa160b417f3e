package envelope

import "errors"

// Stats counts what an Opener did with packets, one counter for each way to fail.
type Stats struct {
	// Opened packets gave messages, maybe none.
	Opened uint64
	// Plaintext packets were let pass, by AcceptPlaintext, because they did not decrypt.
	Plaintext uint64
	// The following count packets, and parts of compounds, refused for the error of the same name.
	Empty, Label, Version, Short, Padding, NoKey, Replay, Checksum, Type, Body, Algorithm, Code, TooLarge uint64
	// PartRejected and PartTruncated count parts of compounds that were refused or missing.
	PartRejected, PartTruncated uint64
}

// counter returns the counter of err.
func (s *Stats) counter(err error) *uint64 {
	for _, c := range [...]struct {
		err     error
		counter *uint64
	}{
		{ErrEmpty, &s.Empty}, {ErrLabel, &s.Label}, {ErrVersion, &s.Version}, {ErrShort, &s.Short},
		{ErrPadding, &s.Padding}, {ErrNoKey, &s.NoKey}, {ErrReplay, &s.Replay}, {ErrChecksum, &s.Checksum}, {ErrType, &s.Type},
		{ErrAlgorithm, &s.Algorithm}, {ErrCode, &s.Code}, {ErrTooLarge, &s.TooLarge},
	} {
		if errors.Is(err, c.err) {
			return c.counter
		}
	}
	return &s.Body
}

func (s *Stats) count(err error) { *s.counter(err)++ }

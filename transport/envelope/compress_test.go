package envelope

import (
	"bytes"
	"errors"
	"testing"
)

// TestCompressBodyIsReadTolerantly wraps "\x08hi" in all ways that the reference understands, and some that it does not.
func TestCompressBodyIsReadTolerantly(t *testing.T) {
	packed := string(referenceDeflate([]byte("\x08hi")))
	raw := string([]byte{0xa0 | byte(len(packed))}) + packed
	array := "\xdc\x00" + string([]byte{byte(len(packed))})
	for i := range len(packed) {
		if packed[i] >= 0x80 {
			array += "\xcc"
		}
		array += packed[i : i+1]
	}
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"as sent":            {"\x82\xa4Algo\x00\xa3Buf" + raw, nil},
		"other order":        {"\x82\xa3Buf" + raw + "\xa4Algo\x00", nil},
		"without algorithm":  {"\x81\xa3Buf" + raw, nil},
		"nil algorithm":      {"\x82\xa4Algo\xc0\xa3Buf" + raw, nil},
		"unknown key":        {"\x83\xa1x\x92\x01\x80\xa4Algo\x00\xa3Buf" + raw, nil},
		"last one counts":    {"\x83\xa3Buf\xa1x\xa4Algo\x00\xa3Buf" + raw, nil},
		"keys in bin":        {"\x82\xc4\x04Algo\x00\xd9\x03Buf" + raw, nil},
		"data in bin":        {"\x82\xa4Algo\x00\xa3Buf\xc4" + string([]byte{byte(len(packed))}) + packed, nil},
		"data as an array":   {"\x82\xa4Algo\x00\xa3Buf" + array, nil},
		"map16":              {"\xde\x00\x02\xa4Algo\x00\xa3Buf" + raw, nil},
		"body is an array":   {"\x92\x00" + raw, nil},
		"array with more":    {"\x93\x00" + raw + "\x81\x01\x02", nil},
		"bytes behind":       {"\x82\xa4Algo\x00\xa3Buf" + raw + "behind", nil},
		"body is nil":        {"\xc0", ErrShort},
		"body is missing":    {"", ErrShort},
		"body is a number":   {"\x05", ErrBody},
		"key is a number":    {"\x81\x05\x05", ErrBody},
		"algorithm a string": {"\x82\xa4Algo\xa1x\xa3Buf" + raw, ErrBody},
		"algorithm 256":      {"\x82\xa4Algo\xcd\x01\x00\xa3Buf" + raw, ErrBody},
		"algorithm 1":        {"\x82\xa4Algo\x01\xa3Buf" + raw, ErrAlgorithm},
		"data is a number":   {"\x82\xa4Algo\x00\xa3Buf\x05", ErrBody},
		"data of 4 GiB":      {"\x82\xa4Algo\x00\xa3Buf\xdb\xff\xff\xff\xff", ErrShort},
	} {
		got, _, err := new(inflater).decompress(nil, append([]byte{typeCompress}, c.body...), 100)
		if !errors.Is(err, c.want) || c.want == nil && !bytes.Equal(got, []byte("\x08hi")) {
			t.Errorf("%s: got %q and error %v, want error %v", name, got, err, c.want)
		}
	}
}

func TestErrorsNameTheirLayer(t *testing.T) {
	cfg := Config{Label: "blue"}
	for want, packet := range map[string]string{
		"envelope: packet: message is empty":                        "",
		"envelope: label: label mismatch":                           "\x08hi",
		"envelope: checksum: checksum mismatch":                     "\xf4\x04blue\x0c1234hi",
		"envelope: compress: cannot decompress unknown algorithm 7": "\xf4\x04blue\x09\x81\xa4Algo\x07",
		"envelope: compress: malformed body: wrong type":            "\xf4\x04blue\x09\x01",
		"envelope: compound: input too short":                       "\xf4\x04blue\x07\x02",
		"envelope: packet: unexpected message type":                 "\xf4\x04blue\x0ahi",
	} {
		if _, err := NewOpener(cfg).OpenPacket(nil, []byte(packet)); err == nil || err.Error() != want {
			t.Errorf("got error %q, want %q", err, want)
		}
	}
}

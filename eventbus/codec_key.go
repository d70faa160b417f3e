package eventbus

import "serf/swim/msgpack"

var (
	keyRequestFields  = []string{"Key"}
	keyResponseFields = []string{"Result", "Message", "Keys", "PrimaryKey"}
)

// AppendKeyRequest appends m with its type byte:
//
//	07  map of 1  "Key" bytes
func AppendKeyRequest(dst []byte, m *KeyRequest) []byte {
	dst = append(dst, byte(TypeKeyRequest))
	dst = append(dst, "\x81\xa3Key"...)
	return msgpack.AppendBytes(dst, m.Key)
}

// DecodeKeyRequest decodes the message b, whose type byte reference peers do not look at and neither do we. The key is a
// part of b. It fails with a *DecodeError.
func DecodeKeyRequest(b []byte) (KeyRequest, error) {
	var m KeyRequest
	kind := TypeKeyRequest
	if len(b) > 0 {
		kind = MessageType(b[0])
	}
	d := open(b, kind, keyRequestFields)
	d.Kind = TypeKeyRequest
	for d.More() {
		m.Key = d.Bytes()
	}
	return m, d.Err()
}

// AppendKeyResponse appends m with its type byte:
//
//	08  map of 4  "Keys" list of str  "Message" str  "PrimaryKey" str  "Result" bool
func AppendKeyResponse(dst []byte, m *KeyResponse) []byte {
	dst = append(dst, byte(TypeKeyResponse))
	dst = append(dst, "\x84\xa4Keys"...)
	if m.Keys == nil {
		dst = append(dst, 0xc0)
	} else {
		dst = msgpack.AppendArray(dst, len(m.Keys))
		for _, key := range m.Keys {
			dst = msgpack.AppendString(dst, key)
		}
	}
	dst = append(dst, "\xa7Message"...)
	dst = msgpack.AppendString(dst, m.Message)
	dst = append(dst, "\xaaPrimaryKey"...)
	dst = msgpack.AppendString(dst, m.PrimaryKey)
	dst = append(dst, "\xa6Result"...)
	return msgpack.AppendBool(dst, m.Result)
}

// DecodeKeyResponse decodes the message b, type byte first. It fails with a *DecodeError.
func DecodeKeyResponse(b []byte) (KeyResponse, error) {
	var m KeyResponse
	d := open(b, TypeKeyResponse, keyResponseFields)
	for d.More() {
		switch d.Field {
		case 0:
			m.Result = d.Bool()
		case 1:
			m.Message = d.Text()
		case 2:
			m.Keys = d.texts()
		case 3:
			m.PrimaryKey = d.Text()
		}
	}
	return m, d.Err()
}

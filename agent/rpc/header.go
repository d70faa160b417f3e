package rpc

import (
	"math"

	"serf/swim/msgpack"
)

// requestHeader begins a request.
type requestHeader struct {
	Command string
	Seq     uint64
}

func appendRequestHeader(dst []byte, h requestHeader) []byte {
	dst = msgpack.AppendMap(dst, 2)
	dst = msgpack.AppendStr(msgpack.AppendStr(dst, "Command"), h.Command)
	return msgpack.AppendUint(msgpack.AppendStr(dst, "Seq"), h.Seq)
}

func decodeRequestHeader(b []byte) (h requestHeader, err error) {
	err = decodeMap("request header", b, func(key string, r *msgpack.Reader) (err error) {
		switch key {
		case "Command":
			return decodeText(r, &h.Command)
		case "Seq":
			h.Seq, err = r.Uint(math.MaxUint64)
			return err
		}
		return r.Skip()
	})
	return h, err
}

// replyHeader begins a reply or a record. Error is empty on success.
type replyHeader struct {
	Error string
	Seq   uint64
}

func appendReplyHeader(dst []byte, h replyHeader) []byte {
	dst = msgpack.AppendMap(dst, 2)
	dst = msgpack.AppendStr(msgpack.AppendStr(dst, "Error"), h.Error)
	return msgpack.AppendUint(msgpack.AppendStr(dst, "Seq"), h.Seq)
}

func decodeReplyHeader(b []byte) (h replyHeader, err error) {
	err = decodeMap("reply header", b, func(key string, r *msgpack.Reader) (err error) {
		switch key {
		case "Error":
			return decodeText(r, &h.Error)
		case "Seq":
			h.Seq, err = r.Uint(math.MaxUint64)
			return err
		}
		return r.Skip()
	})
	return h, err
}

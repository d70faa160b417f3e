package rpc

import (
	"math"
	"time"

	"serf/eventbus"
	"serf/swim/msgpack"
)

// QueryParams says what a query asks, and whom. MembersOnly is not carried.
type QueryParams = eventbus.QueryParams

// appendQuery appends the body of query. WaitFull is a field that the reference does not know; it is only there when set.
func appendQuery(dst []byte, p *QueryParams) []byte {
	n := 7
	if p.WaitFull {
		n++
	}
	dst = appendTexts(msgpack.AppendStr(msgpack.AppendMap(dst, n), "FilterNodes"), p.Nodes)
	dst = appendTextMapOrNil(msgpack.AppendStr(dst, "FilterTags"), p.Tags)
	dst = msgpack.AppendStr(msgpack.AppendStr(dst, "Name"), p.Name)
	dst = msgpack.AppendBin(msgpack.AppendStr(dst, "Payload"), p.Payload)
	dst = msgpack.AppendUint(msgpack.AppendStr(dst, "RelayFactor"), uint64(p.RelayFactor))
	dst = msgpack.AppendBool(msgpack.AppendStr(dst, "RequestAck"), p.Ack)
	dst = msgpack.AppendInt(msgpack.AppendStr(dst, "Timeout"), int64(p.Timeout))
	if p.WaitFull {
		dst = msgpack.AppendBool(msgpack.AppendStr(dst, "WaitFull"), true)
	}
	return dst
}

func decodeQuery(b []byte) (p QueryParams, err error) {
	err = decodeMap("query", b, func(key string, r *msgpack.Reader) error {
		switch key {
		case "FilterNodes":
			return decodeTexts(r, &p.Nodes)
		case "FilterTags":
			return decodeTextMap(r, &p.Tags)
		case "Name":
			return decodeText(r, &p.Name)
		case "Payload":
			return decodeBytes(r, &p.Payload)
		case "RelayFactor":
			return decodeUint8(r, &p.RelayFactor)
		case "RequestAck":
			return decodeBool(r, &p.Ack)
		case "Timeout":
			ns, err := r.Int()
			p.Timeout = time.Duration(ns)
			return err
		case "WaitFull":
			return decodeBool(r, &p.WaitFull)
		}
		return r.Skip()
	})
	return p, err
}

// answerDone is the type of the record that ends a query; the others are those of agent.AnswerKind.
const answerDone = "done"

// answerRecord is a record of a query.
type answerRecord struct {
	From    string
	Payload []byte
	Type    string
}

func appendAnswer(dst []byte, a answerRecord) []byte {
	dst = msgpack.AppendStr(msgpack.AppendStr(msgpack.AppendMap(dst, 3), "From"), a.From)
	dst = msgpack.AppendBin(msgpack.AppendStr(dst, "Payload"), a.Payload)
	return msgpack.AppendStr(msgpack.AppendStr(dst, "Type"), a.Type)
}

func decodeAnswer(b []byte) (a answerRecord, err error) {
	err = decodeMap("answer record", b, func(key string, r *msgpack.Reader) error {
		switch key {
		case "From":
			return decodeText(r, &a.From)
		case "Payload":
			return decodeBytes(r, &a.Payload)
		case "Type":
			return decodeText(r, &a.Type)
		}
		return r.Skip()
	})
	return a, err
}

type respondRequest struct {
	ID      uint64
	Payload []byte
}

func appendRespond(dst []byte, q respondRequest) []byte {
	dst = msgpack.AppendUint(msgpack.AppendStr(msgpack.AppendMap(dst, 2), "ID"), q.ID)
	return msgpack.AppendBin(msgpack.AppendStr(dst, "Payload"), q.Payload)
}

func decodeRespond(b []byte) (q respondRequest, err error) {
	err = decodeMap("respond", b, func(key string, r *msgpack.Reader) (err error) {
		switch key {
		case "ID":
			q.ID, err = r.Uint(math.MaxUint64)
			return err
		case "Payload":
			return decodeBytes(r, &q.Payload)
		}
		return r.Skip()
	})
	return q, err
}

package discover

import (
	"slices"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// messageBytesMax is the longest message of multicast DNS. RFC 6762 §17.
	messageBytesMax = 9000
	// questionsMax is how many questions of one message are answered.
	questionsMax = 8
	// unicastBit in the class of a question asks for an answer to the asker alone. RFC 6762 §5.4.
	unicastBit = 1 << 15
)

// question returns a message that asks about name.
func question(id uint16, name dnsmessage.Name, t dnsmessage.Type) ([]byte, error) {
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id},
		Questions: []dnsmessage.Question{{Name: name, Type: t, Class: dnsmessage.ClassINET}},
	}
	return m.Pack()
}

// answer returns the answer to the message in b, or nil when it asks nothing that concerns s.
func (s *service) answer(b []byte) []byte {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil || h.Response || h.OpCode != 0 {
		return nil
	}
	reply := dnsmessage.Message{Header: dnsmessage.Header{Response: true, Authoritative: true}}
	for range questionsMax {
		q, err := p.Question()
		if err != nil {
			break
		}
		records := s.records(q)
		if len(records) > 0 && q.Class&unicastBit != 0 {
			reply.ID = h.ID
		}
		reply.Answers = append(reply.Answers, records...)
	}
	if len(reply.Answers) == 0 {
		return nil
	}
	out, err := reply.Pack()
	if err != nil {
		return nil // the names were checked, so it cannot be
	}
	return out
}

// records returns what there is to say to q.
func (s *service) records(q dnsmessage.Question) []dnsmessage.Resource {
	if class := q.Class &^ unicastBit; class != dnsmessage.ClassINET && class != dnsmessage.ClassANY {
		return nil
	}
	all := q.Type == dnsmessage.TypeALL
	switch q.Name.String() {
	case servicesName:
		if all || q.Type == dnsmessage.TypePTR {
			return []dnsmessage.Resource{record(q.Name, &dnsmessage.PTRResource{PTR: s.name})}
		}
	case s.name.String():
		if all || q.Type == dnsmessage.TypePTR {
			return slices.Concat([]dnsmessage.Resource{record(s.name, &dnsmessage.PTRResource{PTR: s.instance})}, s.srv(), s.txt())
		}
	case s.instance.String():
		switch {
		case all:
			return slices.Concat(s.srv(), s.txt())
		case q.Type == dnsmessage.TypeSRV:
			return s.srv()
		case q.Type == dnsmessage.TypeTXT:
			return s.txt()
		case q.Type == s.address().Header.Type:
			return []dnsmessage.Resource{s.address()}
		}
	}
	return nil
}

// srv returns where the agent is: the SRV record and the address that it refers to.
func (s *service) srv() []dnsmessage.Resource {
	body := &dnsmessage.SRVResource{Priority: srvPriority, Weight: srvWeight, Port: s.addr.Port(), Target: s.host}
	return []dnsmessage.Resource{record(s.instance, body), s.address()}
}

func (s *service) txt() []dnsmessage.Resource {
	return []dnsmessage.Resource{record(s.instance, &dnsmessage.TXTResource{TXT: []string{s.text}})}
}

// address returns an A or an AAAA record.
func (s *service) address() dnsmessage.Resource {
	ip := s.addr.Addr().Unmap()
	if ip.Is4() {
		return record(s.host, &dnsmessage.AResource{A: ip.As4()})
	}
	return record(s.host, &dnsmessage.AAAAResource{AAAA: ip.As16()})
}

func record(name dnsmessage.Name, body dnsmessage.ResourceBody) dnsmessage.Resource {
	h := dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET, TTL: answerSeconds}
	switch body.(type) {
	case *dnsmessage.PTRResource:
		h.Type = dnsmessage.TypePTR
	case *dnsmessage.SRVResource:
		h.Type = dnsmessage.TypeSRV
	case *dnsmessage.TXTResource:
		h.Type = dnsmessage.TypeTXT
	case *dnsmessage.AResource:
		h.Type = dnsmessage.TypeA
	case *dnsmessage.AAAAResource:
		h.Type = dnsmessage.TypeAAAA
	}
	return dnsmessage.Resource{Header: h, Body: body}
}

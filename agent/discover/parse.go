package discover

import (
	"errors"
	"net/netip"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// instancesMax is how many instances of one message are looked at. An agent names one, itself.
	instancesMax = 16
	// instanceAddrsMax is how many addresses of one instance are used.
	instanceAddrsMax = 4
)

var (
	errNotAnswer = errors.New("discover: not an answer")
	errMessage   = errors.New("discover: message not well formed")
)

// instance is what one message says about one instance of the service.
type instance struct {
	name  dnsmessage.Name
	named bool             // by a PTR record
	addrs []netip.AddrPort // of SRV, TXT and address records together; none when one of these is missing
}

// parse returns the instances of the service that the answer in b tells about, at most instancesMax. Records that are not
// understood are skipped.
func (s *service) parse(b []byte) ([]instance, error) {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil {
		return nil, errMessage
	}
	if !h.Response || h.OpCode != 0 {
		return nil, errNotAnswer
	}
	a := answers{service: s}
	if p.SkipAllQuestions() != nil || a.read(p.AnswerHeader, p.SkipAnswer, &p) != nil || p.SkipAllAuthorities() != nil ||
		a.read(p.AdditionalHeader, p.SkipAdditional, &p) != nil {
		return nil, errMessage
	}
	return a.instances(), nil
}

// answers gathers the records of one message.
type answers struct {
	service *service
	list    []pieces
	hosts   []hostAddr
}

// pieces are the records about one instance.
type pieces struct {
	instance
	located, described bool // by an SRV and a TXT record
	target             dnsmessage.Name
	port               uint16
}

// hostAddr is an A or AAAA record.
type hostAddr struct {
	host dnsmessage.Name
	addr netip.Addr
}

// read takes one section. header and skip are methods of p.
func (a *answers) read(header func() (dnsmessage.ResourceHeader, error), skip func() error, p *dnsmessage.Parser) error {
	for {
		h, err := header()
		if err == dnsmessage.ErrSectionDone {
			return nil
		}
		if err == nil && a.wants(h) && a.take(h, p) == nil {
			continue
		}
		if err := skip(); err != nil { // also a name that has no text form, like one with a dot in a label
			return err
		}
	}
}

// wants says whether the body of a record is worth reading.
func (a *answers) wants(h dnsmessage.ResourceHeader) bool {
	if h.Class&^unicastBit != dnsmessage.ClassINET { // in answers that bit asks to flush caches
		return false
	}
	switch h.Type {
	case dnsmessage.TypePTR:
		return h.Name == a.service.name
	case dnsmessage.TypeSRV, dnsmessage.TypeTXT:
		return a.service.owns(h.Name.String())
	case dnsmessage.TypeA, dnsmessage.TypeAAAA:
		return len(a.hosts) < instancesMax*instanceAddrsMax
	}
	return false
}

// take reads the body of a record. After an error the record is still to be skipped.
func (a *answers) take(h dnsmessage.ResourceHeader, p *dnsmessage.Parser) error {
	switch h.Type {
	case dnsmessage.TypePTR:
		body, err := p.PTRResource()
		if err != nil {
			return err
		}
		if a.service.owns(body.PTR.String()) {
			a.about(body.PTR).named = true
		}
	case dnsmessage.TypeSRV:
		body, err := p.SRVResource()
		if err != nil {
			return err
		}
		about := a.about(h.Name)
		about.located, about.target, about.port = true, body.Target, body.Port
	case dnsmessage.TypeTXT:
		if _, err := p.TXTResource(); err != nil {
			return err
		}
		a.about(h.Name).described = true
	case dnsmessage.TypeA:
		body, err := p.AResource()
		if err != nil {
			return err
		}
		a.hosts = append(a.hosts, hostAddr{h.Name, netip.AddrFrom4(body.A)})
	case dnsmessage.TypeAAAA:
		body, err := p.AAAAResource()
		if err != nil {
			return err
		}
		a.hosts = append(a.hosts, hostAddr{h.Name, netip.AddrFrom16(body.AAAA).Unmap()})
	}
	return nil
}

// about returns the entry of an instance. Beyond instancesMax it is one that nobody looks at.
func (a *answers) about(name dnsmessage.Name) *pieces {
	for i := range a.list {
		if a.list[i].name == name {
			return &a.list[i]
		}
	}
	if len(a.list) == instancesMax {
		return new(pieces)
	}
	a.list = append(a.list, pieces{instance: instance{name: name}})
	return &a.list[len(a.list)-1]
}

// instances puts the pieces together.
func (a *answers) instances() []instance {
	var out []instance
	for _, about := range a.list {
		if about.located && about.described {
			for _, h := range a.hosts {
				if h.host == about.target && len(about.addrs) < instanceAddrsMax {
					about.addrs = append(about.addrs, netip.AddrPortFrom(h.addr, about.port))
				}
			}
		}
		out = append(out, about.instance)
	}
	return out
}

// usable says whether an agent can be at addr. Loopback addresses are only believed to a program of this host, which here
// tells.
func usable(addr netip.AddrPort, here func() bool) bool {
	ip := addr.Addr()
	switch {
	case addr.Port() == 0, ip.IsUnspecified(), ip.IsMulticast(), ip == broadcastAddr:
		return false
	case ip.Is6() && ip.IsLinkLocalUnicast(): // it means nothing without an interface
		return false
	case ip.IsLoopback():
		return here()
	}
	return true
}

// broadcastAddr reaches every host of the local network.
var broadcastAddr = netip.AddrFrom4([4]byte{255, 255, 255, 255})

package discover

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// answerSeconds is how long an answer may be cached; reference agents say the same.
	answerSeconds = 120
	// srvPriority and srvWeight mean nothing, since every agent is as good as any other; reference agents say the same.
	srvPriority = 10
	srvWeight   = 1

	// servicesName is what one asks to learn which services there are. RFC 6763 §9.
	servicesName = "_services._dns-sd._udp.local."
)

// service is what one agent announces, and looks for in others.
type service struct {
	name     dnsmessage.Name // _serf_CLUSTER._tcp.local.
	instance dnsmessage.Name // NODE._serf_CLUSTER._tcp.local.
	host     dnsmessage.Name // of this machine, where the address is said to be
	text     string
	addr     netip.AddrPort // gossip address that the agent advertises
}

// newService fails when a name cannot be one of DNS.
func newService(cluster, node, host string, addr netip.AddrPort) (service, error) {
	s := service{text: fmt.Sprintf("Serf '%s' cluster", cluster), addr: addr}
	name := "_serf_" + cluster + "._tcp.local."
	var err error
	if s.name, err = newName(name); err != nil {
		return s, fmt.Errorf("cluster name %q does not make a DNS name (%w), see -discover", cluster, err)
	}
	if s.instance, err = newName(node + "." + name); err != nil {
		return s, fmt.Errorf("node name %q does not make a DNS name (%w), see -node", node, err)
	}
	if s.host, err = newName(cmp.Or(strings.TrimSuffix(host, "."), "localhost") + "."); err != nil {
		return s, fmt.Errorf("host name %q is not a DNS name (%w)", host, err)
	}
	if len(s.text) > 255 {
		return s, fmt.Errorf("cluster name of %d bytes is too long, see -discover", len(cluster))
	}
	return s, nil
}

// newName checks that text can be sent: dots part it into labels of 1 to 63 bytes, 255 bytes in all.
func newName(text string) (dnsmessage.Name, error) {
	name, err := dnsmessage.NewName(text)
	if err != nil {
		return name, fmt.Errorf("%d bytes are too many", len(text))
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(text, "."), ".") {
		if label == "" || len(label) > 63 {
			return name, fmt.Errorf("a part between dots needs 1 to 63 bytes, not %d", len(label))
		}
	}
	return name, nil
}

// owns says whether instance is one of the service.
func (s *service) owns(instance string) bool {
	node, ok := strings.CutSuffix(instance, "."+s.name.String())
	return ok && node != ""
}

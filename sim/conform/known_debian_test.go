//go:build conform

package conform

const (
	emptyCrash   = "crashes on an empty message"
	capitalError = "the text begins with a capital letter"
	oldDecoder   = "begins the list of problems with N error(s) decoding:"
	endRecords   = "now and then sends acks and responses of nobody when a query ends"
	oldCodec     = "its MessagePack library is older and stricter"
)

// debian lists where Debian's serf 0.9.4 differs from the specification, which was written from newer releases.
var debian = map[string]difference{
	"TestGossip/3.1/signed-fields-use-signed-forms":                 {why: "positive values take the unsigned forms"},
	"TestGossip/3.2/refuses-nesting-above-1024":                     {why: "its MessagePack library skips any depth"},
	"TestGossip/3.2/takes-key-bin8":                                 {why: oldCodec},
	"TestGossip/3.2/takes-string-array-of-integers":                 {why: oldCodec},
	"TestGossip/3.2/takes-string-bin8":                              {why: oldCodec},
	"TestGossip/5/an-empty-part-spoils-only-itself":                 {why: emptyCrash},
	"TestGossip/5/compound-of-128-parts":                            {why: "twice the count overflows one byte"},
	"TestGossip/5/compound-of-255-parts":                            {why: "twice the count overflows one byte"},
	"TestGossip/6/empty-lzw-is-harmless":                            {why: emptyCrash},
	"TestGossip/7/checksum-over-nothing-is-harmless":                {why: emptyCrash},
	"TestGossip/8.3/empty-plaintext-is-harmless":                    {why: emptyCrash},
	"TestGossip/11.2/encrypted-stream-to-a-plain-agent-is-refused":  {why: capitalError},
	"TestGossip/11.2/plain-stream-to-an-encrypted-agent-is-refused": {why: capitalError},
	"TestGossip/11.2/stream-under-another-key-is-refused":           {why: capitalError},
	"TestGossip/11.3/negative-node-count-is-closed":                 {why: "crashes"},
	"TestGossip/18/stream-that-inflates-to-nothing-is-refused":      {why: emptyCrash},
	"TestRPC/1/strings-may-be-binary":                               {why: oldCodec},
	"TestRPC/2/no-second-error-for-a-refused-body":                  {why: "takes the body of a refused command for the next header"},
	"TestRPC/4/members-filtered-bad-expression":                     {why: "hangs up on a bad expression"},
	"TestRPC/4/remove-primary":                                      {why: capitalError},
	"TestRPC/4/use-unknown":                                         {why: capitalError},
	"TestSerf/3/query-timeout-is-signed":                            {why: "positive values take the unsigned forms"},
	"TestSerf/12.1/use-of-an-unknown-key":                           {why: capitalError},
	"TestSerf/12.1/remove-of-the-primary":                           {why: capitalError},
	"TestSerf/12.1/empty-payload":                                   {why: "crashes"},
	"TestSerf/12.2/long-lists-are-truncated":                        {why: "crashes"},
	"TestSerf/13/minority-is-logged":                                {why: "spells quitting with two t"},
	"TestSerf/10.6/responses-reach-the-asker":                       {why: endRecords, timing: true},
	"TestSerf/10.6/duplicate-responses-are-dropped":                 {why: endRecords, timing: true},
	"TestSerf/10.6/responses-with-another-id-are-dropped":           {why: endRecords, timing: true},
	"TestRPC/4/query-without-acks":                                  {why: endRecords, timing: true},
	"TestRPC/4/query-for-other-nodes":                               {why: endRecords, timing: true},
	"TestCLI/4/join-failure":                                        {why: capitalError + ", and the port is left out"},
	"TestCLI/4/keys-use-fails":                                      {why: capitalError},
	"TestCLI/4/keys-remove-fails":                                   {why: capitalError},
	"TestAgent/3/config-array-string":                               {why: oldDecoder},
	"TestAgent/3/config-bool-string":                                {why: oldDecoder},
	"TestAgent/3/config-handler-number":                             {why: oldDecoder},
	"TestAgent/3/config-number-string":                              {why: oldDecoder},
	"TestAgent/3/config-string-number":                              {why: oldDecoder},
	"TestAgent/3/config-tag-array":                                  {why: oldDecoder},
	"TestAgent/3/config-tag-number":                                 {why: oldDecoder},
	"TestAgent/3/config-unknown-key":                                {why: oldDecoder},
	"TestAgent/3/config-unknown-keys":                               {why: oldDecoder},
	"TestAgent/3/config-unknown-mdns-key":                           {why: oldDecoder},
	"TestAgent/3/error-port-in-use":                                 {why: capitalError},
	"TestAgent/3/every-key-is-accepted":                             {why: "does not know mdns, msgpackusenewtimeformat and validate_node_names"},
	"TestAgent/3/mdns-interface-without-discover":                   {why: "has no flag -mdns-iface"},
	"TestGossip/19/version-0-with-false-padding-is-dropped":         {why: "takes off what the last byte says, unchecked"},
}
